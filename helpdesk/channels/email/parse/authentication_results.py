"""Read what our border server found out about a mail: its fields Authentication-Results (RFC 8601)."""

import re
from dataclasses import dataclass
from email.message import Message

from helpdesk.channels.email.parse.parsed_mail import AuthenticationResult

_WORDS_NOT_SAFE = re.compile(r'"(?:[^"\\]|\\.)*"')
_RESULT = re.compile(r"\s*([a-z0-9-]+)\s*(?:/\s*1\s*)?=\s*([a-z]+)\b")
_FROM = re.compile(r"(?<!\S)header\.from\s*=\s*(\S+)")
_MAIL_FROM = re.compile(r"(?<!\S)smtp\.mail(?:from)?\s*=\s*(\S+)")
_SIGNER = re.compile(r"(?<!\S)header\.[di]\s*=\s*(\S+)")
_WITHOUT_CHECK = {"temperror", "permerror"}  # nothing was found out


@dataclass(frozen=True)
class ProvenDomains:
    """The domains that passed SPF (of the envelope's sender) and DKIM; ``has_results``: one of the two was checked."""

    by_spf: tuple[str, ...]
    by_dkim: tuple[str, ...]
    has_results: bool


def read_results(message: Message, domain: str, trusted: tuple[str, ...]) -> AuthenticationResult | None:
    """Return the result about DMARC for ``domain`` in the fields of the servers named in ``trusted``, else their result
    about other checks; None where none of them wrote one.
    """
    if not trusted:
        return None
    return _choose_result([_result_from_header(field, domain, trusted) for field in _topmost_fields(message)])


def list_proven_domains(message: Message, trusted: tuple[str, ...]) -> ProvenDomains:
    """Return the domains that passed SPF and DKIM by the fields of the servers named in ``trusted``."""
    by_spf: list[str] = []
    by_dkim: list[str] = []
    has_results = False
    for field in _topmost_fields(message):
        server, *results = _split_results(field)
        if not _is_by(server, trusted):
            break
        for one in results:
            match = _RESULT.match(one)
            method, result = (match[1], match[2]) if match else ("", "")
            has_results |= method in {"spf", "dkim"} and result not in _WITHOUT_CHECK
            if method == "spf" and result == "pass" and (sender := _MAIL_FROM.search(one)):
                by_spf.append(sender[1].rpartition("@")[2].strip("<>").rstrip("."))
            if method == "dkim" and result == "pass" and (signer := _SIGNER.search(one)):
                by_dkim.append(signer[1].rpartition("@")[2].rstrip("."))
    return ProvenDomains(tuple(by_spf), tuple(by_dkim), has_results)


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
    """Return the result in the topmost Authentication-Results, if a trusted server wrote it; None if not."""
    server, *results = _split_results(value)
    if not _is_by(server, trusted):
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


def _split_results(value: str) -> list[str]:
    """Return the server's name and each of its results.

    Comments and quoted strings contain the sender's own text (a local part can read ``;dmarc=pass``), so they are
    removed first.
    """
    return _strip_comments(_WORDS_NOT_SAFE.sub('""', value)).lower().split(";")


def _is_by(server: str, trusted: tuple[str, ...]) -> bool:
    return bool(server.split()) and server.split()[0] in {name.lower() for name in trusted}


def _strip_comments(value: str) -> str:
    characters, depth = [], 0
    for sign in value:
        depth += (sign == "(") - (sign == ")" and depth > 0)
        if not depth and sign != ")":
            characters.append(sign)
    return "".join(characters) if not depth else ""
