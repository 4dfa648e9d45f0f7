"""Numbers in the sentences of the command line, which are in English."""


def counted(number: int, one: str, several: str) -> str:
    """Return ``number`` with the word for it: "1 ticket", "2,000 tickets"."""
    return f"{number:,} {one if number == 1 else several}"
