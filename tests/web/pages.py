"""Pages as tests read and compare them."""

import re

from bs4 import BeautifulSoup


def parse_page(response, status: int = 200) -> BeautifulSoup:
    """The HTML of ``response``, which must have ``status``."""
    text = response.get_data(as_text=True)
    assert response.status_code == status, (response.status_code, text[:3000])
    return BeautifulSoup(text, "html.parser")


def without_tokens(answer) -> str:
    """The page without its CSRF tokens, which contain the time they were made."""
    return re.sub(r"[\w.-]{50,}", "token", answer.get_data(as_text=True))
