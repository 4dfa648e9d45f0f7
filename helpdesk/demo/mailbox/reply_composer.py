"""Builds a reply to a mail as an ordinary mail program does."""

import email.policy
import email.utils
import mimetypes
from collections.abc import Iterable
from email.message import EmailMessage

from helpdesk.demo import personas
from helpdesk.demo.mailbox.stored_mail import Mail

AUTHENTICATION_SERVER = "demo"


def build_reply(
    mail: Mail,
    by: str,
    text: str,
    files: Iterable[tuple[str, bytes]] = (),
    quote: bool = True,
    dmarc: str = "pass",
    headers: dict[str, str] | None = None,
) -> bytes:
    """A reply to `mail` from the address `by`: RFC 5322 bytes, with the receiving server's
    Authentication-Results (RFC 8601) on top.

    `dmarc` is the verdict written there; `headers` are added (or replace existing ones).
    """
    reply = EmailMessage(policy=email.policy.SMTP)
    original = mail.message
    reply["From"] = email.utils.formataddr((_get_display_name(by), by))
    reply["To"] = str(original.get("Reply-To") or original.get("From") or mail.sender)
    subject = mail.subject
    reply["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    reply["Date"] = email.utils.localtime()
    reply["Message-ID"] = email.utils.make_msgid(domain=by.rpartition("@")[2])
    if mail.message_id:
        reply["In-Reply-To"] = mail.message_id
        earlier = " ".join(str(original.get("References", "")).split())
        reply["References"] = f"{earlier} {mail.message_id}".strip()
    reply["User-Agent"] = "Demo Mail 1.0"
    reply.set_content(_quote_text(mail, text) if quote else text)
    for name, content in files:
        kind, _, sub = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
        reply.add_attachment(content, maintype=kind, subtype=sub, filename=name)
    for name, value in (headers or {}).items():
        del reply[name]
        reply[name] = value
    domain = by.rpartition("@")[2]
    found = f"Authentication-Results: {AUTHENTICATION_SERVER}; dmarc={dmarc} header.from={domain}\r\n"
    return found.encode() + reply.as_bytes()


def _quote_text(mail: Mail, text: str) -> str:
    name, address = email.utils.parseaddr(str(mail.message.get("From", "")))
    when = email.utils.format_datetime(email.utils.localtime()) if "Date" not in mail.message else mail.message["Date"]
    quoted = "\n".join(f"> {line}" if line else ">" for line in mail.text.rstrip().splitlines())
    return f"{text.rstrip()}\n\nOn {when}, {name or address} wrote:\n\n{quoted}\n"


def _get_display_name(address: str) -> str:
    try:
        return personas.get_person(address).name
    except KeyError:
        return ""
