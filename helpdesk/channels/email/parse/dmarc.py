"""Check that a mail comes from the domain in its From: by our border server's results, or by DKIM and DMARC here.

SPF needs the address of the sending machine, which a mail handed to us no longer has; an aligned DKIM signature is
enough for DMARC. Where the border server checked SPF and DKIM but not DMARC, its results are compared with the domain's
policy here (RFC 7489, section 3.1).
"""

from collections.abc import Callable
from email.message import Message
from functools import lru_cache

import dkim
import dns.exception
import dns.resolver
from authheaders import dmarc_lookup

from helpdesk.channels.email import settings
from helpdesk.channels.email.parse import authentication_results
from helpdesk.channels.email.parse.parsed_mail import AuthenticationResult

MAX_SIGNATURES = 5
_DNS_SECONDS = 5


def check_dmarc(
    raw: bytes, message: Message, domain: str, incoming: settings.IncomingMailSettings
) -> AuthenticationResult:
    """Return the DMARC result for ``domain``, the canonical domain of the one From address ("" where there is not
    exactly one).

    ``result``: pass, fail, none or temperror (DNS did not answer, worth asking again). ``by``: header, dkim or "".
    ``reason``: a sentence.
    """
    if not domain:
        return AuthenticationResult("fail", "", domain, "It does not have exactly one readable sender.")
    found = authentication_results.read_results(message, domain, incoming.authserv_ids)
    if found is not None and (found.is_about_dmarc or not incoming.asks_policies):
        return found
    by = "header" if found is not None else "dkim"
    if found is not None or incoming.verify_ourselves:
        try:
            if found is not None:
                proven = authentication_results.list_proven_domains(message, incoming.authserv_ids)
                return _result_by_alignment(found, proven, domain, _TxtLookup(incoming.dns))
            return _result_by_dkim(raw, domain, _TxtLookup(incoming.dns))
        except dns.exception.DNSException:
            return AuthenticationResult("temperror", by, domain, "The sender's DNS did not answer.")
        except Exception:  # a signature or record that cannot be read proves nothing, whatever is wrong with it
            return AuthenticationResult("fail", "dkim", domain, "Its signature cannot be read.")
    return AuthenticationResult("none", "", domain, "No mail server we trust has checked who sent it.")


def _result_by_alignment(
    found: AuthenticationResult, proven: authentication_results.ProvenDomains, domain: str, lookup: "_TxtLookup"
) -> AuthenticationResult:
    """Return the result of DMARC from the border server's results of SPF and DKIM and the policy of ``domain``."""
    if not proven.has_results:
        return found
    record = _find_policy(domain, lookup)
    if not record.get("p"):
        return _no_policy_result("header", domain)
    for name, domains, mode in (("SPF", proven.by_spf, "aspf"), ("DKIM", proven.by_dkim, "adkim")):
        is_strict = record.get(mode, "r") == "s"
        if any(one == domain or (not is_strict and _is_aligned(one, domain)) for one in domains):
            sentence = f"The mail server that received it found by {name} that {domain} sent it."
            return AuthenticationResult("pass", "header", domain, sentence)
    sentence = f"The mail server that received it did not find that {domain} sent it."
    return AuthenticationResult("fail", "header", domain, sentence)


def _find_policy(domain: str, lookup: "_TxtLookup") -> dict[str, str]:
    """Return the tags of the DMARC record of ``domain``, or of the domain that was registered; {} for none."""
    record = dmarc_lookup.lookup_receiver_record(domain, dnsfunc=lookup.text)
    if not record and _organizational_domain(domain) not in {"", domain}:
        record = dmarc_lookup.lookup_receiver_record(_organizational_domain(domain), dnsfunc=lookup.text)
    return record or {}


def _no_policy_result(by: str, domain: str) -> AuthenticationResult:
    sentence = f"{domain} publishes no DMARC record, so nothing proves who sent it."
    return AuthenticationResult("none", by, domain, sentence)


def _result_by_dkim(raw: bytes, domain: str, lookup: "_TxtLookup") -> AuthenticationResult:
    record = _find_policy(domain, lookup)
    if not record.get("p"):
        return _no_policy_result("dkim", domain)
    is_strict = record.get("adkim", "r") == "s"
    for signer in _list_signers(raw, lookup):
        if signer == domain or (not is_strict and _is_aligned(signer, domain)):
            return AuthenticationResult("pass", "dkim", domain, f"It is signed by {signer}.")
    return AuthenticationResult("fail", "dkim", domain, f"It has no valid signature of {domain}.")


def _is_aligned(signer: str, domain: str) -> bool:
    """Return whether both belong to one organization: by the list of public suffixes, else only as one below the
    other.
    """
    if _organizational_domain(signer) or _organizational_domain(domain):
        return _organizational_domain(signer) == _organizational_domain(domain)
    upper, lower = sorted((signer, domain), key=len)
    return "." in upper and lower.endswith("." + upper)


@lru_cache(maxsize=4096)  # the library reads its whole list at every call
def _organizational_domain(domain: str) -> str:
    """Return the domain that was registered; "" where the library's list does not contain the suffix.

    For an unknown suffix the library returns the suffix itself (evil.example and globex.example are both "example"),
    which would treat unrelated domains as one organization.
    """
    found = dmarc_lookup.get_org_domain(domain)
    return found if "." in found else ""


def _list_signers(raw: bytes, lookup: "_TxtLookup") -> list[str]:
    """List the domains with a valid signature over the whole mail. One that covers only a part (l=) proves nothing
    about the rest.
    """
    message = dkim.DKIM(raw, timeout=_DNS_SECONDS)
    count = sum(name.lower() == b"dkim-signature" for name, _ in message.headers)
    found = []
    for index in range(min(count, MAX_SIGNATURES)):
        try:
            holds = message.verify(index, dnsfunc=lookup.raw)
        except dkim.DKIMException:
            continue
        if holds and b"l" not in message.signature_fields:
            found.append(message.signature_fields[b"d"].decode("ascii").lower())
    return found


class _TxtLookup:
    """TXT records in the formats the two libraries ask for."""

    def __init__(self, answer: Callable[[str], str | None] | None) -> None:
        self._answer = answer or _query_txt

    def text(self, name: str) -> str | None:
        return self._answer(name.rstrip("."))

    def raw(self, name: bytes | str, timeout: int = _DNS_SECONDS) -> bytes | None:
        found = self.text(name.decode("ascii") if isinstance(name, bytes) else name)
        return found.encode("ascii") if found else None


def _query_txt(name: str) -> str | None:
    try:
        records = dns.resolver.resolve(name, "TXT", lifetime=_DNS_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None
    texts = [b"".join(record.strings).decode("utf-8", errors="replace") for record in records]
    if name.startswith("_dmarc."):
        texts = [text for text in texts if text.startswith("v=DMARC1")]
        return texts[0] if len(texts) == 1 else None  # RFC 7489 §6.6.3: two records count as none
    return texts[0] if texts else None
