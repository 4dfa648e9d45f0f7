"""Flask-Dance made safe for threads: what it keeps on the blueprint, which all share, lives here on the request.

Its session, token, state and PKCE verifier all belong to one sign-in. Nothing of a provider's is stored: the ID token is read
once, in the callback, and forgotten.
"""

import logging
import secrets

import flask
import requests
from flask import Response, abort, g, request
from flask_dance.consumer import OAuth2ConsumerBlueprint, oauth_authorized
from flask_dance.consumer.requests import OAuth2Session
from flask_dance.consumer.storage import BaseStorage
from oauthlib.oauth2 import OAuth2Error
from requests.adapters import HTTPAdapter

from helpdesk import config, extensions, urls
from helpdesk.domain.authentication import login, oidc
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.sign_in import after_login, login_page, magic_link

TIMEOUT_SECONDS = 10  # seconds for the provider to exchange a code

log = logging.getLogger(__name__)


class NullTokenStorage(BaseStorage):
    """Keeps no token."""

    def get(self, blueprint):
        return None

    def set(self, blueprint, token):
        pass

    def delete(self, blueprint):
        pass


class RequestAttribute:
    """An attribute that is read anew for each request, whatever the library's constructor puts there."""

    def __init__(self, read):
        self.read = read

    def __get__(self, blueprint, _owner):
        return self if blueprint is None else self.read(blueprint)

    def __set__(self, blueprint, value):
        pass


class LoopbackAdapter(HTTPAdapter):
    """Reaches a stand-in on this machine, which speaks plain http; config allows one only there."""

    def send(self, request, *args, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, *args, **options)


class OAuthSession(OAuth2Session):
    """One sign-in's conversation with the provider. The way back is always PORTAL_BASE_URL's, never the Host header's."""

    redirect_uri = RequestAttribute(lambda session: urls.absolute_url(f"/sign-in/{session.blueprint.name}/authorized"))

    def authorization_url(self, url: str, state: str | None = None, **parameters):
        """As the library's, for a stand-in too."""
        made, state = super().authorization_url(_as_https(url), state=state, **parameters)
        return url + made[len(_as_https(url)) :], state

    def fetch_token(self, token_url: str, authorization_response: str = "", **parameters):
        """As the library's, with a time limit, no redirect followed, and our own address as the one that was called back."""
        if token_url.startswith("http://"):
            self.mount(_as_https(token_url), LoopbackAdapter())
        self.max_redirects = 0
        called = _as_https(urls.absolute_url(request.full_path))
        return super().fetch_token(
            _as_https(token_url),
            authorization_response=called,
            timeout=TIMEOUT_SECONDS,
            include_client_id=True,
            **parameters,
        )


class RequestScopedBlueprint(OAuth2ConsumerBlueprint):
    """A way in through one provider: ``/sign-in/<name>`` and ``/sign-in/<name>/authorized``."""

    _client_id = RequestAttribute(lambda self: self.provider.client_id)
    client_secret = RequestAttribute(lambda self: self.provider.client_secret)
    authorization_url = RequestAttribute(lambda self: self.provider.authorize_url)
    token_url = RequestAttribute(lambda self: self.provider.token_url)
    scope = RequestAttribute(lambda self: list(self.provider.scope))
    authorization_url_params = RequestAttribute(lambda self: self._of_request("authorize", dict))
    token_url_params = RequestAttribute(lambda self: self._of_request("token", dict))

    def __init__(self, name: str):
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
    def login(self):
        """Send the browser to the provider."""
        if not self.provider.is_on:
            abort(404)
        nonce = secrets.token_urlsafe(24)
        self.authorization_url_params.update(nonce=nonce, prompt="select_account")
        response = super().login()
        flask.session[f"{self.name}_nonce"] = nonce
        flask.session[f"{self.name}_next"] = authorization.get_safe_next_path(request.args.get("next"))
        return response

    @authorization.public
    def authorized(self):
        """The browser is back. Whatever does not fit ends on one page."""
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

    def _of_request(self, what: str, make):
        key = f"oauth_{self.name}_{what}"
        if key not in g:
            setattr(g, key, make())
        return getattr(g, key)

    def _new_session(self) -> OAuthSession:
        return OAuthSession(client_id=self._client_id, scope=self.scope, blueprint=self)


def finish_login(blueprint: RequestScopedBlueprint, token: dict) -> Response:
    """The provider has answered with a token: read who it is, keep none of it, and let them in."""
    provider = blueprint.provider
    nonce = flask.session.pop(f"{blueprint.name}_nonce", "")
    next_path = flask.session.pop(f"{blueprint.name}_next", None)
    try:
        claimed = oidc.parse_claims(provider, oidc.verify_id_token(provider, token.get("id_token") or "", nonce))
        extensions.begin_writing()
        arrived = oidc.sign_in_with_provider(claimed, browser=authentication.get_user_agent())
    except login.NotAdmitted as refused:
        db.session.commit()
        return login_page.render_login_failed(refused.sentence, 403)
    except oidc.UnverifiedIdentity as unproven:
        db.session.rollback()
        return login_page.render_login_failed(unproven.sentence)
    if isinstance(arrived, oidc.EmailProofRequired):
        pending = None if arrived.identity else claimed
        return magic_link.send_link(arrived.email, next_path=next_path, pending=pending, known=arrived.identity)
    return after_login.complete_login(arrived, blueprint.name, next_path)


def _as_https(url: str) -> str:
    """What the library, which refuses plain http, is told; only loopback addresses are ever plain (config)."""
    if url.startswith("http://"):
        assert not config.current().is_https
        return "https://" + url.removeprefix("http://")
    return url
