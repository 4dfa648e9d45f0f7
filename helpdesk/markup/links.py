"""Which addresses become links."""

from urllib.parse import urlsplit

SAFE_SCHEMES = frozenset({"http", "https", "mailto"})


def has_safe_scheme(url: str) -> bool:
    """Return whether ``url`` may be a link: an absolute address with the scheme http, https or mailto."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    scheme = parts.scheme.lower()
    return scheme in SAFE_SCHEMES and bool(parts.netloc or (scheme == "mailto" and parts.path))
