"""Check that a mail comes from the domain in its From: by the result of our border server, or by DKIM and DMARC checked
here.

SPF needs the address of the sending machine, which a mail handed to us no longer has; an aligned DKIM signature is
enough for DMARC.
"""

import re
from collections.abc import Callable
from email.message import Message
from functools import lru_cache

import dkim
import dns.exception
import dns.resolver
from authheaders import dmarc_lookup

from helpdesk.channels.email import settings
from helpdesk.channels.email.parse.parsed_mail import AuthenticationResult

MAX_SIGNATURES = 5
_DNS_SECONDS = 5

_WORDS_NOT_SAFE = re.compile(r'"(?:[^"\\]|\\.)*"')
_RESULT = re.compile(r"\s*([a-z0-9-]+)\s*(?:/\s*1\s*)?=\s*([a-z]+)\b")
_FROM = re.compile(r"\bheader\.from\s*=\s*(\S+)")


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
    if incoming.authserv_ids:
        results = [_result_from_header(field, domain, incoming.authserv_ids) for field in _topmost_fields(message)]
        found = _choose_result(results)
        if found:
            return found
    if incoming.verify_ourselves:
        try:
            return _result_by_dkim(raw, domain, _TxtLookup(incoming.dns))
        except dns.exception.DNSException:
            return AuthenticationResult("temperror", "dkim", domain, "The sender's DNS did not answer.")
        except Exception:  # a signature or record that cannot be read proves nothing, whatever is wrong with it
            return AuthenticationResult("fail", "dkim", domain, "Its signature cannot be read.")
    return AuthenticationResult("none", "", domain, "No mail server we trust has checked who sent it.")


def _topmost_fields(message: Message) -> list[str]:
    """List the Authentication-Results above all others: those of one server, between its own and the next Received.

    Below that, the fields are what the sender wrote. The server has to remove fields with its own name that came with
    the mail (RFC 8601, section 5), as OpenDKIM, OpenDMARC and Rspamd do.
    """
    found: list[str] = []
    for name, value in message.items():
        if name.lower() == "authentication-results":
            found.append(str(value))
        elif name.lower() == "received" and found:
            break
    return found


def _choose_result(results: list[AuthenticationResult | None]) -> AuthenticationResult | None:
    """Return the first result about DMARC of the trusted fields at the top; each may be about another check."""
    trusted: list[AuthenticationResult] = []
    for result in results:
        if result is None:
            break
        trusted.append(result)
    checked = [result for result in trusted if result.is_about_dmarc]
    return (checked or trusted or [None])[0]


def _result_from_header(value: str, domain: str, trusted: tuple[str, ...]) -> AuthenticationResult | None:
    """Return the result in the topmost Authentication-Results, if a trusted server wrote it; None if not.

    Comments and quoted strings contain the sender's own text (a local part can read ``;dmarc=pass``), so they are
    removed first.
    """
    plain = _strip_comments(_WORDS_NOT_SAFE.sub('""', value)).lower()
    server, *results = plain.split(";")
    if not server.split() or server.split()[0] not in {name.lower() for name in trusted}:
        return None
    found = [(match[2], one) for one in results if (match := _RESULT.match(one)) and match[1] == "dmarc"]
    if len(found) != 1:
        sentence = "The mail server that received it did not check DMARC."
        return AuthenticationResult("none", "header", domain, sentence, is_about_dmarc=bool(found))
    result, properties = found[0]
    sender = _FROM.search(properties)
    if result == "pass" and sender and sender[1].rstrip(".") == domain:
        return AuthenticationResult(
            "pass", "header", domain, f"The mail server that received it found that {domain} sent it."
        )
    if result == "pass":
        return AuthenticationResult(
            "fail", "header", domain, "The check was made for another sender than the one it shows."
        )
    if result in {"none", "temperror"}:
        return AuthenticationResult(result, "header", domain, f"The mail server that received it says dmarc={result}.")
    return AuthenticationResult(
        "fail", "header", domain, f"The mail server that received it did not find that {domain} sent it."
    )


def _result_by_dkim(raw: bytes, domain: str, lookup: "_TxtLookup") -> AuthenticationResult:
    record = dmarc_lookup.lookup_receiver_record(domain, dnsfunc=lookup.text)
    if not record and _organizational_domain(domain) not in {"", domain}:
        record = dmarc_lookup.lookup_receiver_record(_organizational_domain(domain), dnsfunc=lookup.text)
    if not record.get("p"):
        return AuthenticationResult(
            "none", "dkim", domain, f"{domain} publishes no DMARC record, so nothing proves who sent it."
        )
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


def _strip_comments(value: str) -> str:
    characters, depth = [], 0
    for sign in value:
        depth += (sign == "(") - (sign == ")" and depth > 0)
        if not depth and sign != ")":
            characters.append(sign)
    return "".join(characters) if not depth else ""
