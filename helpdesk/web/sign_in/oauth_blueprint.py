"""Flask-Dance made safe for threads: state that it stores on the shared blueprint is stored on the request here.

Its session, token, state and PKCE verifier all belong to one sign-in. Nothing of a provider's is stored: the ID token
is read once, in the callback, and discarded.
"""

import logging
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import flask
import requests
from flask import Response, abort, g, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_dance.consumer import OAuth2ConsumerBlueprint, oauth_authorized
from flask_dance.consumer.requests import OAuth2Session
from flask_dance.consumer.storage import BaseStorage
from flask_login import current_user
from oauthlib.oauth2 import InvalidClientError, InvalidGrantError, OAuth2Error, UnauthorizedClientError

from helpdesk import config, urls
from helpdesk.bounded_http import BoundedAdapter
from helpdesk.database import transactions
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import login, oidc, provider_claims
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.sign_in import after_login, login_page, magic_link, oauth_state

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


class LoopbackAdapter(BoundedAdapter):
    """Calls a simulated provider on this machine over plain http, which config allows only there."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send over plain http."""
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


class OAuthSession(OAuth2Session):
    """The OAuth session of one sign-in. The redirect URI uses PORTAL_BASE_URL, never the Host header."""

    redirect_uri = RequestAttribute(lambda session: urls.absolute_url(session.blueprint.callback_path))

    def authorization_url(self, url: str, state: str | None = None, **parameters: Any) -> tuple[str, str]:
        """As in the library, but also for a simulated provider."""
        built_url, state = super().authorization_url(_as_https(url), state=state, **parameters)
        return url + built_url[len(_as_https(url)) :], state

    def fetch_token(self, token_url: str, authorization_response: str = "", **parameters: Any) -> dict[str, Any]:
        """As in the library, but bounded in time and size, and without redirects.

        The authorization response is our own URL with the request's query, also behind a proxy.
        """
        adapter, provider = self.blueprint.make_adapter(token_url), self.blueprint.provider
        self.mount(_as_https(token_url), adapter)
        self.max_redirects, self.trust_env = 0, self.blueprint.trusts_environment
        callback_url = _as_https(urls.absolute_url(request.full_path))
        if provider.takes_basic:
            basic = requests.auth.HTTPBasicAuth(
                quote(provider.client_id, safe=""), quote(provider.client_secret, safe="")
            )
            parameters |= {"auth": basic, "include_client_id": False}
        else:
            parameters["include_client_id"] = True
        try:
            return super().fetch_token(_as_https(token_url), authorization_response=callback_url, **parameters)
        except (AttributeError, TypeError, RecursionError) as error:  # JSON that is no object, or nested too deeply
            raise ValueError(f"an answer that cannot be read: {type(error).__name__}") from None


class RequestScopedBlueprint(OAuth2ConsumerBlueprint):
    """Sign-in with one provider: ``/sign-in/<name>`` and ``/sign-in/<name>/authorized``.

    ``trusts_environment``: its calls take the proxies of the environment.
    """

    trusts_environment = True

    _client_id = RequestAttribute(lambda self: self.provider.client_id)
    client_secret = RequestAttribute(lambda self: self.provider.client_secret)
    authorization_url = RequestAttribute(lambda self: self.provider.authorize_url)
    token_url = RequestAttribute(lambda self: self.provider.token_url)
    scope = RequestAttribute(lambda self: list(self.provider.scope))
    authorization_url_params = RequestAttribute(lambda self: self._of_request("authorize", dict))
    token_url_params = RequestAttribute(lambda self: self._of_request("token", dict))

    def __init__(self, name: str, login_url: str = "") -> None:
        login_url = login_url or f"/{name}"
        super().__init__(
            name,
            __name__,
            url_prefix="/sign-in",
            session_class=OAuthSession,
            storage=NullTokenStorage(),
            use_pkce=True,
            login_url=login_url,
            authorized_url=f"{login_url}/authorized",
        )
        oauth_authorized.connect(self.finish_login, sender=self)

    @property
    def provider(self) -> oidc.Provider:
        return oidc.get_provider(self.name)

    @property
    def callback_path(self) -> str:
        """The path of the callback, which is registered at the provider."""
        return f"/sign-in/{self.name}/authorized"

    def make_adapter(self, url: str) -> BoundedAdapter:
        """What sends the requests to the provider's ``url``."""
        return LoopbackAdapter() if is_loopback_http(url) else BoundedAdapter()

    @property
    def session(self) -> OAuthSession:
        return self._of_request("session", self._new_session)

    @session.deleter
    def session(self) -> None:
        g.pop(f"oauth_{self.name}_session", None)

    @authorization.public
    def login(self, **_: str) -> ResponseReturnValue:
        """Redirect the browser to the provider."""
        if not self.provider.is_on:
            abort(404)
        return self.send_to_provider(prompt="select_account")

    def send_to_provider(self, is_test: bool = False, **parameters: str) -> Response:
        """The redirect to the provider; what has to be known on the way back is kept in this browser."""
        nonce = secrets.token_urlsafe(24)
        self.authorization_url_params.update(nonce=nonce, **parameters)
        response = super().login()
        oauth_state.save(
            response,
            oauth_state.OAuthState(
                provider=self.provider.name,
                state=flask.session.pop(f"{self.name}_oauth_state"),
                code_verifier=flask.session.pop(f"{self.name}_oauth_code_verifier"),
                nonce=nonce,
                next_path=authorization.get_safe_next_path(request.args.get("next")),
                is_test=is_test,
            ),
        )
        return response

    @authorization.public
    def authorized(self, **_: str) -> ResponseReturnValue:
        """The provider's callback. Every error gives the same page."""
        if not self.provider.is_on:
            abort(404)
        given, name = request.args.get("state", ""), self.provider.name
        kept = oauth_state.load(name, given)
        response = make_response(self._finish(kept))
        oauth_state.delete_cookie(response, name, given)
        return response

    def _finish(self, kept: oauth_state.OAuthState | None) -> ResponseReturnValue:
        """Exchange the code of the callback, with what was kept for its state, and sign in."""
        is_signed_in = current_user.is_authenticated
        db.session.rollback()
        if kept is None:
            # A page loaded again, or a step back in the browser, after the sign-in has finished.
            return redirect("/", 303) if is_signed_in else login_page.render_login_failed()
        g.oauth_kept = kept
        if reason := self.find_fault():
            return redirect("/", 303) if is_signed_in and not kept.is_test else self.fail(reason)
        # Where the library looks for them; it removes them again.
        flask.session[f"{self.name}_oauth_state"] = kept.state
        flask.session[f"{self.name}_oauth_code_verifier"] = kept.code_verifier
        try:
            return super().authorized()
        except (OAuth2Error, requests.RequestException, Warning, ValueError, KeyError) as error:
            log.warning("Sign-in with %s did not finish: %s", self.provider.title, type(error).__name__)
            return self.fail(_reason_of(error))

    def find_fault(self) -> str:
        """Why the callback's parameters are refused; "" if they are not."""
        return "refused" if "error" in request.args else ""

    def fail(self, reason: str) -> Response:
        """The page that says that the sign-in did not finish. ``reason``: a code of ``connections.failures``."""
        return login_page.render_login_failed()

    def finish_login(self, _sender: Any, token: dict[str, Any]) -> Response:
        """The token has arrived: verify the ID token, store nothing of it, and sign the user in."""
        provider, kept = self.provider, g.oauth_kept
        try:
            verified = oidc.verify_id_token(provider, token.get("id_token") or "", kept.nonce)
            claims = provider_claims.parse_claims(provider.name, verified)
            transactions.start_write_transaction()
            result = oidc.sign_in_with_provider(claims, browser=authentication.get_user_agent())
        except login.NotAdmitted as error:
            audit_refusal(provider, claims.email or "")
            return login_page.render_login_failed(error.message, 403)
        except provider_claims.UnverifiedIdentity as error:
            db.session.rollback()
            transactions.start_write_transaction()
            audit_refusal(provider, "")
            return login_page.render_login_failed(error.message)
        if isinstance(result, oidc.EmailProofRequired):
            pending = None if result.identity else claims
            return magic_link.send_link(result.email, next_path=kept.next_path, pending=pending, known=result.identity)
        return after_login.complete_login(result, self.name, kept.next_path, has_second_factor=claims.multi_factor)

    def _of_request(self, what: str, make: Callable[[], Any]) -> Any:
        key = f"oauth_{self.name}_{what}"
        if key not in g:
            setattr(g, key, make())
        return getattr(g, key)

    def _new_session(self) -> OAuthSession:
        return OAuthSession(client_id=self._client_id, scope=self.scope, blueprint=self)


def _reason_of(error: Exception) -> str:
    """Return the code of ``connections.failures`` for an error on the way to the token endpoint."""
    if isinstance(error, InvalidClientError | UnauthorizedClientError):
        return "secret"
    if isinstance(error, InvalidGrantError):
        return "code"
    return "unreachable" if isinstance(error, requests.RequestException) else "token"


def audit_refusal(provider: oidc.Provider, email: str) -> None:
    """Keep in the audit log that a sign-in was refused. Commits."""
    authentication.audit_sign_in(audit_log.SIGN_IN_REFUSED, None, email, provider=provider.name)
    db.session.commit()


def is_loopback_http(url: str) -> bool:
    """Whether ``url`` is one of plain http, which only a provider on this machine has (see config)."""
    return url.startswith("http://")


def _as_https(url: str) -> str:
    """``url`` with https for the library, which refuses http; only loopback URLs ever use http (see config)."""
    if url.startswith("http://"):
        assert not config.current().is_https
        return "https://" + url.removeprefix("http://")
    return url
