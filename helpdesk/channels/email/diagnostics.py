"""Check the configuration of mail for ``helpdesk doctor`` and the settings page; nothing is sent."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import dns.exception
import dns.resolver

from helpdesk.channels.email import dkim_signing, settings, smtp_pool
from helpdesk.channels.email import imap as mailbox_access
from helpdesk.domain.outbox import errors
from helpdesk.translation import gettext


@dataclass(frozen=True)
class DiagnosticResult:
    """The result of one check: whether it is right, and a sentence."""

    ok: bool
    sentence: str


@dataclass(frozen=True)
class DnsRecord:
    """One DNS record that a custom From address needs, and why."""

    kind: str
    name: str
    value: str
    why: str


Lookup = Callable[[str], list[str]]


def check_smtp(outgoing: settings.SmtpSettings) -> list[DiagnosticResult]:
    """Connect to the mail server, start TLS and sign in as a delivery would."""
    where = f"{outgoing.server}:{outgoing.port}"
    try:
        line, _ = smtp_pool.acquire_connection(outgoing)
    except errors.ChannelError as error:
        return [DiagnosticResult(False, error.reason)]
    findings = [DiagnosticResult(True, gettext("The mail server %(where)s answers.", where=where))]
    cipher = getattr(line.sock, "version", lambda: None)()
    if cipher:
        findings.append(
            DiagnosticResult(
                True, gettext("The line is encrypted (%(cipher)s) and its certificate is valid.", cipher=cipher)
            )
        )
    else:
        findings.append(
            DiagnosticResult(True, gettext("The line is not encrypted, which is all right on this machine only."))
        )
    if outgoing.username:
        findings.append(
            DiagnosticResult(True, gettext("It accepts the user name %(username)s.", username=outgoing.username))
        )
    smtp_pool.close_connection(line)
    return findings


def check_imap(mailbox: settings.ImapSettings) -> list[DiagnosticResult]:
    """Sign in to the mailbox and open its folder."""
    try:
        with mailbox_access.open_mailbox(mailbox) as box:
            waiting = len(box.uids("UNSEEN"))
    except errors.ChannelError as error:
        return [DiagnosticResult(False, error.reason)]
    return [
        DiagnosticResult(
            True,
            gettext(
                "The mailbox %(folder)s at %(server)s opens; %(waiting)s unread.",
                folder=mailbox.folder,
                server=mailbox.server,
                waiting=waiting,
            ),
        )
    ]


def required_dns_records(domain: str, key: dkim_signing.DkimKey | None, servers: Iterable[str] = ()) -> list[DnsRecord]:
    """Return the records the DNS of ``domain`` needs before its addresses can be used as From; ``servers`` are those
    that send for us.
    """
    sources = " ".join(f"a:{server}" for server in servers) or "mx"
    found = [
        DnsRecord(
            "TXT",
            domain,
            f"v=spf1 {sources} ~all",
            gettext("SPF: our mail server may send for this domain. Add it to an SPF record you have."),
        ),
        DnsRecord(
            "TXT",
            f"_dmarc.{domain}",
            "v=DMARC1; p=none",
            gettext("DMARC: what receivers do with forged mail. Begin with p=none, go on to p=quarantine."),
        ),
    ]
    if key:
        found.insert(
            1,
            DnsRecord(
                "TXT",
                f"{key.selector}._domainkey.{key.domain}",
                dkim_signing.public_key_record(key),
                gettext("DKIM: the public half of our key, by which receivers check our signature."),
            ),
        )
    return found


def check_dns_records(records: Iterable[DnsRecord], lookup: Lookup | None = None) -> list[DiagnosticResult]:
    """Check that each of ``records`` exists in the DNS. ``lookup`` returns the TXT texts of a name; None asks the real
    DNS.
    """
    return [_check_record(record, lookup or _query_txt) for record in records]


def _check_record(record: DnsRecord, lookup: Lookup) -> DiagnosticResult:
    kind = record.why.partition(":")[0]
    try:
        texts = [text for text in lookup(record.name) if text.startswith(record.value.split()[0].rstrip(";"))]
    except dns.exception.DNSException:
        return DiagnosticResult(
            False, gettext("%(kind)s: the DNS of %(record)s did not answer.", kind=kind, record=record.name)
        )
    if not texts:
        return DiagnosticResult(
            False,
            gettext(
                "%(kind)s: %(record)s has no TXT record beginning %(value)s",
                kind=kind,
                record=record.name,
                value=record.value[:40],
            ),
        )
    if len(texts) > 1:
        return DiagnosticResult(
            False,
            gettext(
                "%(kind)s: %(record)s has %(count)s such records; receivers then heed none.",
                kind=kind,
                record=record.name,
                count=len(texts),
            ),
        )
    if kind == "SPF" and not set(record.value.split()[1:-1]) <= set(texts[0].split()):
        return DiagnosticResult(
            False,
            gettext(
                "SPF: %(record)s does not name %(names)s as a sender.",
                record=record.name,
                names=" ".join(record.value.split()[1:-1]),
            ),
        )
    if kind == "DKIM" and _public_key(texts[0]) != _public_key(record.value):
        return DiagnosticResult(False, gettext("DKIM: %(record)s holds another key than ours.", record=record.name))
    return DiagnosticResult(True, gettext("%(kind)s: %(record)s is right.", kind=kind, record=record.name))


def _public_key(text: str) -> str:
    return next((part.strip()[2:].replace(" ", "") for part in text.split(";") if part.strip().startswith("p=")), "")


def _query_txt(name: str) -> list[str]:
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=5)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    return [b"".join(record.strings).decode("utf-8", errors="replace") for record in answer]
