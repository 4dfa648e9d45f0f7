"""Names in addresses: ``slugify`` makes one of a title, ``find_free`` one that nobody has."""

import re
import unicodedata
from collections.abc import Container


def slugify(text: str, separator: str = "-") -> str:
    """``text`` as lower-case alphanumeric ASCII, the rest as separators; "" where nothing is left of it."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", separator, plain).strip(separator)


def find_free(base: str, taken: Container[str], separator: str = "-") -> str:
    """``base``, or with the first number from 2 with which it is not ``taken``."""
    name, number = base, 2
    while name in taken:
        name, number = f"{base}{separator}{number}", number + 1
    return name
