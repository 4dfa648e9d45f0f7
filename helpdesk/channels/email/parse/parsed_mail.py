"""A parsed mail as plain values. They are the sender's claims; only ``authentication`` was checked."""

from dataclasses import dataclass, field

from helpdesk.domain.inbox.channel_event import ChannelEvent, RemoteFile


@dataclass(frozen=True)
class MailFile(RemoteFile):
    """A file of a mail with its content. ``content_id`` is the name by which the mail's HTML shows it.

    ``is_decoration``: a logo or icon inside the text.
    """

    content: bytes = field(default=b"", repr=False)
    content_id: str = ""
    is_decoration: bool = False


@dataclass(frozen=True)
class AuthenticationResult:
    """The result of the DMARC check of the From domain. ``result`` is pass, fail, none or temperror; ``by`` header,
    dkim or "".

    ``reason`` is a sentence. ``is_about_dmarc`` is false for a server's result that is about other checks only.
    """

    result: str
    by: str
    domain: str
    reason: str
    is_about_dmarc: bool = True


@dataclass(frozen=True)
class Bounce:
    """The content of a delivery status notification (RFC 3464) about ``message_id``, a mail to ``recipient``.

    ``permanent``: delivery is not tried again. ``mentioned_ids`` and ``mentioned_addresses`` are all that its text
    names, for reports that are not in the standard's form.
    """

    recipient: str
    action: str
    status: str
    reason: str
    message_id: str
    permanent: bool
    mentioned_ids: tuple[str, ...] = ()
    mentioned_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ParsedMail(ChannelEvent):
    """One parsed mail.

    ``external_id`` is its Message-ID, ``author_id`` the one From address, ``channel_id`` our address it was written to,
    ``thread_id`` the first of ``thread_hashes``: hashes of the reply tokens among its recipients.

    ``recipients`` are those that any field names, ``visible_recipients`` those of To and Cc.

    ``original_author`` is the address in X-Original-From, or else in Reply-To, that is not in From: a group that writes
    its own address into From puts the writer's there, which nothing proves.

    ``returned_key`` is the key of the delivery whose return address it was sent to; "" for none.

    ``unparsed`` is a sentence where it cannot be read. ``quoted`` was cut off the body, by ``cut``: marker, quote or
    ""; ``foreign`` is the part of it that is no signature. ``digest`` is the SHA-256 of the raw mail. ``automatic`` is
    a sentence why no person wrote it, "" for a person's; ``own``: it is one of our own mails. ``listed`` is a sentence
    why a mailing list sent it, "" where none did; ``list_addresses`` are those to which the list's members write.

    ``reaction`` is the emoji of a mail that is a reaction to another one, "" for any other mail.
    """

    authentication: AuthenticationResult
    body_hash: str
    files: tuple[MailFile, ...] = ()
    unparsed: str = ""
    subject: str = ""
    author_name: str = ""
    original_author: str = ""
    recipients: tuple[str, ...] = ()
    visible_recipients: tuple[str, ...] = ()
    thread_hashes: tuple[str, ...] = ()
    digest: str = ""
    quoted: str = ""
    foreign: str = ""
    cut: str = ""
    automatic: str = ""
    listed: str = ""
    list_addresses: tuple[str, ...] = ()
    reaction: str = ""
    bounce: Bounce | None = None
    returned_key: str = ""
    own: bool = False
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
