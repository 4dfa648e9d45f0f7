"""What tests of pages compare."""

import re


def without_tokens(answer) -> str:
    """The page but for its CSRF tokens, which say when they were made."""
    return re.sub(r"[\w.-]{50,}", "token", answer.get_data(as_text=True))
