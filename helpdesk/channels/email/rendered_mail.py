"""A rendered mail as a plain value."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RenderedMail:
    """The bytes of one mail to one recipient; ``sender`` is where bounces go. Both are canonical addresses."""

    content: bytes
    recipient: str
    sender: str
