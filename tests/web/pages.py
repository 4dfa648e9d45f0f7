"""What tests of pages compare."""

import re


def without_tokens(answer) -> str:
    """The page without its CSRF tokens, which contain the time they were made."""
    return re.sub(r"[\w.-]{50,}", "token", answer.get_data(as_text=True))
