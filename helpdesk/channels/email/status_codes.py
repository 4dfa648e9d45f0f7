"""What an enhanced status code (RFC 3463) of a mail server says about the address that a mail went to."""

import re

_ADDRESS = re.compile(
    r"5\.0\.\d+"  # undefined: for most servers that nobody has the address
    r"|5\.1\.(?![78]\b)\d+"  # 7 and 8 are about the sender's address
    r"|5\.2\.[01]"  # closed; 2 is a mailbox that is full, 3 a mail that is too long
    r"|5\.4\.(?:1|4|310)"  # Exchange's for an unknown recipient or domain
)


def is_about_address(status: str) -> bool:
    """Return whether ``status`` of a permanent failure means that the address takes no mail at all, and not that this
    mail was too long, taken for spam, or met a full mailbox. "" where the server named none: it does.
    """
    return not status or bool(_ADDRESS.fullmatch(status))
