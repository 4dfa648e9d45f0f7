"""Flask-Dance made safe for threads: state that it stores on the shared blueprint is stored on the request here.

Its session, token, state and PKCE verifier all belong to one sign-in. Nothing of a provider's is stored: the ID token
is read once, in the callback, and discarded.
"""

import logging
import secrets
from collections.abc import Callable
from typing import Any

import flask
import requests
from flask import Response, abort, g, request
from flask.typing import ResponseReturnValue
from flask_dance.consumer import OAuth2ConsumerBlueprint, oauth_authorized
from flask_dance.consumer.requests import OAuth2Session
from flask_dance.consumer.storage import BaseStorage
from oauthlib.oauth2 import OAuth2Error
from requests.adapters import HTTPAdapter

from helpdesk import config, urls
from helpdesk.database import transactions
from helpdesk.domain.authentication import login, oidc
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.sign_in import after_login, login_page, magic_link

TIMEOUT_SECONDS = 10  # for the provider to exchange a code

log = logging.getLogger(__name__)


class NullTokenStorage(BaseStorage):
    """Stores no token."""

    def get(self, blueprint: Any) -> None:
        return None

    def set(self, blueprint: Any, token: Any) -> None:
        pass

    def delete(self, blueprint: Any) -> None:
        pass


class RequestAttribute:
    """An attribute that is computed for each request, whatever the library's constructor assigns to it."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.read = read

    def __get__(self, blueprint: Any, _owner: Any) -> Any:
        return self if blueprint is None else self.read(blueprint)

    def __set__(self, blueprint: Any, value: Any) -> None:
        pass


class LoopbackAdapter(HTTPAdapter):
    """Calls a simulated provider on this machine over plain http, which config allows only there."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, *args, **options)


class OAuthSession(OAuth2Session):
    """The OAuth session of one sign-in. The redirect URI uses PORTAL_BASE_URL, never the Host header."""

    redirect_uri = RequestAttribute(lambda session: urls.absolute_url(f"/sign-in/{session.blueprint.name}/authorized"))

    def authorization_url(self, url: str, state: str | None = None, **parameters: Any) -> tuple[str, str]:
        """As in the library, but also for a simulated provider."""
        built_url, state = super().authorization_url(_as_https(url), state=state, **parameters)
        return url + built_url[len(_as_https(url)) :], state

    def fetch_token(self, token_url: str, authorization_response: str = "", **parameters: Any) -> dict[str, Any]:
        """As in the library, but with a time limit and without redirects.

        The authorization response is our own URL with the request's query, also behind a proxy.
        """
        if token_url.startswith("http://"):
            self.mount(_as_https(token_url), LoopbackAdapter())
        self.max_redirects = 0
        callback_url = _as_https(urls.absolute_url(request.full_path))
        return super().fetch_token(
            _as_https(token_url),
            authorization_response=callback_url,
            timeout=TIMEOUT_SECONDS,
            include_client_id=True,
            **parameters,
        )


class RequestScopedBlueprint(OAuth2ConsumerBlueprint):
    """Sign-in with one provider: ``/sign-in/<name>`` and ``/sign-in/<name>/authorized``."""

    _client_id = RequestAttribute(lambda self: self.provider.client_id)
    client_secret = RequestAttribute(lambda self: self.provider.client_secret)
    authorization_url = RequestAttribute(lambda self: self.provider.authorize_url)
    token_url = RequestAttribute(lambda self: self.provider.token_url)
    scope = RequestAttribute(lambda self: list(self.provider.scope))
    authorization_url_params = RequestAttribute(lambda self: self._of_request("authorize", dict))
    token_url_params = RequestAttribute(lambda self: self._of_request("token", dict))

    def __init__(self, name: str) -> None:
        super().__init__(
            name,
            __name__,
            url_prefix="/sign-in",
            session_class=OAuthSession,
            storage=NullTokenStorage(),
            use_pkce=True,
            login_url=f"/{name}",
        )
        oauth_authorized.connect(finish_login, sender=self)

    @property
    def provider(self) -> oidc.Provider:
        return oidc.get_provider(self.name)

    @property
    def session(self) -> OAuthSession:
        return self._of_request("session", self._new_session)

    @session.deleter
    def session(self) -> None:
        g.pop(f"oauth_{self.name}_session", None)

    @authorization.public
    def login(self) -> ResponseReturnValue:
        """Redirect the browser to the provider."""
        if not self.provider.is_on:
            abort(404)
        nonce = secrets.token_urlsafe(24)
        self.authorization_url_params.update(nonce=nonce, prompt="select_account")
        response = super().login()
        flask.session[f"{self.name}_nonce"] = nonce
        flask.session[f"{self.name}_next"] = authorization.get_safe_next_path(request.args.get("next"))
        return response

    @authorization.public
    def authorized(self) -> ResponseReturnValue:
        """The provider's callback. Every error gives the same page."""
        if not self.provider.is_on:
            abort(404)
        db.session.rollback()
        if "error" in request.args or f"{self.name}_oauth_state" not in flask.session:
            return login_page.render_login_failed()
        try:
            return super().authorized()
        except (OAuth2Error, requests.RequestException, Warning, ValueError, KeyError) as error:
            log.warning("Sign-in with %s did not finish: %s", self.provider.title, type(error).__name__)
            return login_page.render_login_failed()

    def _of_request(self, what: str, make: Callable[[], Any]) -> Any:
        key = f"oauth_{self.name}_{what}"
        if key not in g:
            setattr(g, key, make())
        return getattr(g, key)

    def _new_session(self) -> OAuthSession:
        return OAuthSession(client_id=self._client_id, scope=self.scope, blueprint=self)


def finish_login(blueprint: RequestScopedBlueprint, token: dict[str, Any]) -> Response:
    """The token has arrived: verify the ID token, store nothing of it, and sign the user in."""
    provider = blueprint.provider
    nonce = flask.session.pop(f"{blueprint.name}_nonce", "")
    next_path = flask.session.pop(f"{blueprint.name}_next", None)
    try:
        claims = oidc.parse_claims(provider, oidc.verify_id_token(provider, token.get("id_token") or "", nonce))
        transactions.start_write_transaction()
        result = oidc.sign_in_with_provider(claims, browser=authentication.get_user_agent())
    except login.NotAdmitted as error:
        db.session.commit()
        return login_page.render_login_failed(error.message, 403)
    except oidc.UnverifiedIdentity as error:
        db.session.rollback()
        return login_page.render_login_failed(error.message)
    if isinstance(result, oidc.EmailProofRequired):
        pending = None if result.identity else claims
        return magic_link.send_link(result.email, next_path=next_path, pending=pending, known=result.identity)
    return after_login.complete_login(result, blueprint.name, next_path)


def _as_https(url: str) -> str:
    """``url`` with https for the library, which refuses http; only loopback URLs ever use http (see config)."""
    if url.startswith("http://"):
        assert not config.current().is_https
        return "https://" + url.removeprefix("http://")
    return url
