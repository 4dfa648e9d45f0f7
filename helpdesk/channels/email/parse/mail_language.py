"""What mail programs write around a quote, by language: the fields above it, "On ... wrote:", separators, and the line
a phone adds.

Words are as the programs show them (Outlook, Gmail, Apple Mail, Thunderbird, Samsung Email and others); "|" is between
those that differ. ``{}`` in ``device`` stands for the name of a device or program. A new language is one entry.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class MailLanguage:
    """The words of one language. ``sender`` to ``subject`` are names of fields; ``wrote`` is in the line above a
    quote; ``original`` and ``forwarded`` are in separators; ``device`` is the line that a phone or program adds.
    """

    code: str
    sender: str
    date: str
    recipient: str
    copy: str
    subject: str
    wrote: str
    original: str
    forwarded: str
    device: str
