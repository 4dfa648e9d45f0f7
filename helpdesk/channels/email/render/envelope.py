"""The values that every mail has: addresses, identifiers, and the look of the installation."""

from dataclasses import dataclass
from datetime import datetime

from helpdesk.channels.email.dkim_signing import DkimKey


@dataclass(frozen=True)
class FileLink:
    """A linked attachment; ``content`` only where a small picture is shown in the mail itself."""

    name: str
    url: str
    size: int
    media_type: str = ""
    content: bytes | None = None


@dataclass(frozen=True)
class Envelope:
    """Values that every mail has.

    ``key`` is the delivery's key and becomes the Message-ID; ``date`` is aware and fixed once; ``references`` are the
    stored Message-IDs of the recipient's thread, oldest first; ``reply_to`` is empty while incoming mail is off;
    ``return_path``, the envelope sender, is empty where it is the sender. ``logo`` is part of the mail.
    """

    key: str
    recipient: str
    sender: str
    date: datetime
    portal_name: str
    portal_url: str
    recipient_name: str = ""
    sender_name: str = ""
    return_path: str = ""
    reply_to: str = ""
    references: tuple[str, ...] = ()
    unsubscribe_url: str = ""
    preferences_url: str = ""
    instance: str = ""
    accent: str = "#2457c5"
    logo: FileLink | None = None
    signing: DkimKey | None = None
