"""Access tokens for XOAUTH2, which Microsoft 365 and Google ask of programs that send mail or read a mailbox.

Sources: RFC 6749, sections 4.4 (client credentials) and 6 (refresh tokens); Google's "IMAP, POP, and SMTP" for the text
of XOAUTH2, which Microsoft uses, too.
"""

import threading
import time
from dataclasses import dataclass, field

import requests

from helpdesk import bounded_http
from helpdesk.domain.outbox import errors
from helpdesk.translation import gettext

MARGIN_SECONDS = 60.0  # before its end a token is renewed
DEFAULT_SECONDS = 300.0  # of a token whose answer does not say how long it is valid

_lock = threading.Lock()
_tokens: dict["OauthSettings", tuple[str, float]] = {}  # the token, and the monotonic time of its end


@dataclass(frozen=True)
class OauthSettings:
    """Where access tokens come from. Without ``refresh_token`` the program signs in as itself (client credentials)."""

    token_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""


def access_token(oauth: OauthSettings, is_renewed: bool = False) -> str:
    """Return an access token, kept until shortly before its end; with ``is_renewed`` always a new one. One thread asks,
    the others wait for it.

    Raises ChannelBlockedError with a sentence where the provider refuses, TemporaryError where it does not answer.
    """
    with _lock:
        token, ends = _tokens.get(oauth, ("", 0.0))
        if not is_renewed and token and time.monotonic() < ends:
            return token
        token, seconds = _request_token(oauth)
        _tokens[oauth] = (token, time.monotonic() + max(seconds - MARGIN_SECONDS, 0.0))
        return token


def xoauth2_text(username: str, token: str) -> str:
    """Return the text by which a mail server knows ``username``."""
    return f"user={username}\1auth=Bearer {token}\1\1"


def _request_token(oauth: OauthSettings) -> tuple[str, float]:
    fields = {"client_id": oauth.client_id, "grant_type": "client_credentials"}
    if oauth.refresh_token:
        fields |= {"grant_type": "refresh_token", "refresh_token": oauth.refresh_token}
    if oauth.client_secret:
        fields["client_secret"] = oauth.client_secret
    if oauth.scope:
        fields["scope"] = oauth.scope
    try:
        status, answer = bounded_http.post_form(oauth.token_url, fields)
    except (requests.RequestException, ValueError):
        raise errors.TemporaryError(gettext("The server of MAIL_OAUTH_TOKEN_URL does not answer.")) from None
    answer = answer if isinstance(answer, dict) else {}
    token = answer.get("access_token")
    if status == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
        return token, _read_seconds(answer.get("expires_in"))
    if status >= 500 or status == 429:
        raise errors.TemporaryError(
            gettext("The server of MAIL_OAUTH_TOKEN_URL is not ready (%(status)s).", status=status)
        )
    code = "".join(sign for sign in str(answer.get("error") or status) if sign.isalnum() or sign == "_")[:60]
    raise errors.ChannelBlockedError(
        gettext(
            "The server of MAIL_OAUTH_TOKEN_URL gives no access token (%(code)s). Check the MAIL_OAUTH_ settings.",
            code=code,
        ),
        scope="installation",
    )


def _read_seconds(value: object) -> float:
    try:
        return min(float(str(value)), 86_400.0)
    except ValueError:
        return DEFAULT_SECONDS
