"""Codes as keyboards of other scripts write them: their digits, and the wide forms of East Asian ones."""

import unicodedata


def to_ascii(typed: str) -> str:
    """Return ``typed`` with the digits of every script, and all wide characters, as those of ASCII."""
    text = unicodedata.normalize("NFKC", typed)
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)


def normalize_link_code(typed: str) -> str:
    """Return a typed code in Crockford's base 32: case and hyphens do not matter, O is 0, I and L are 1."""
    plain = to_ascii(typed).upper()
    text = "".join(character for character in plain if character.isascii() and character.isalnum())
    return text.translate(str.maketrans("OIL", "011"))
