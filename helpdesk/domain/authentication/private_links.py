"""Cut what our own mails give to one person only, so that whoever reads a copy of them cannot use it: the reply
address, and the links to unsubscribe and to sign in.
"""

import re

_SLASH = r"(?:/|%2F|\\/)"
_LINKS = re.compile(
    rf"(unsubscribe{_SLASH}\d{{1,20}}{_SLASH}|sign-in{_SLASH}link{_SLASH})[\w\\=-]{{16,100}}", re.IGNORECASE
)
_REPLY_TOKEN = re.compile(r"(reply)(\\?\+|%2B)[a-z2-7]{26}(?=\\?@|%40)", re.IGNORECASE)


def cut(text: str, ellipsis: str = "…") -> str:
    """Return ``text`` with an ellipsis in place of every secret, whoever wrote it and wherever it is from."""
    return _REPLY_TOKEN.sub(rf"\1\2{ellipsis}", _LINKS.sub(rf"\1{ellipsis}", text))
