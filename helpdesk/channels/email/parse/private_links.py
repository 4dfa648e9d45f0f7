"""Cut what our own mails give to one person only, so that whoever reads a quote of them cannot use it: the reply
address, and the links to unsubscribe and to sign in.
"""

import re

_SLASH = r"(?:/|%2F|\\/)"
_LINKS = re.compile(
    rf"(unsubscribe{_SLASH}\d{{1,20}}{_SLASH}|sign-in{_SLASH}link{_SLASH})[\w\\=-]{{16,100}}", re.IGNORECASE
)
_REPLY_TOKEN = re.compile(r"(reply)(\\?\+|%2B)[a-z2-7]{26}(?=\\?@|%40)", re.IGNORECASE)


def cut(text: str) -> str:
    """Return ``text`` with an ellipsis in place of every secret."""
    return _REPLY_TOKEN.sub(r"\1\2…", _LINKS.sub(r"\1…", text))
