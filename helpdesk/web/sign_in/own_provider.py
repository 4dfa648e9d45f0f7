"""Sign in with a provider of an organization's own, or of the team: an address of its own for each connection.

A ``state`` belongs to one connection, so an answer of one provider is worth nothing at the address of another.
"""

from typing import Any

from flask import Response, abort, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.bounded_http import BoundedAdapter
from helpdesk.database import transactions
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import oidc
from helpdesk.domain.authentication.connections import (
    administration,
    claims,
    discovery,
    failures,
    logout,
    preview,
    provider,
    provider_address,
    sign_in,
    user_info,
)
from helpdesk.domain.authentication.login import NotAdmitted
from helpdesk.domain.authentication.provider_claims import ProviderClaims, UnverifiedIdentity
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.guarded_http import GuardedAdapter
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.sign_in import after_login, login_page, magic_link
from helpdesk.web.sign_in.oauth_blueprint import OAuthSession, RequestScopedBlueprint, is_loopback_http


class PlainGuardedAdapter(GuardedAdapter):
    """As GuardedAdapter, over plain http, for a provider on this machine only."""

    def send(self, request: Any, **options: Any) -> Any:
        """Send over plain http."""
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


class ConnectionBlueprint(RequestScopedBlueprint):
    """``/sign-in/sso/<slug>`` and ``/sign-in/sso/<slug>/authorized`` of every connection that is switched on."""

    trusts_environment = False

    def __init__(self) -> None:
        super().__init__("sso", "/sso/<slug>")
        self.add_url_rule("/sso/<slug>/logout", "log_out", self.log_out, methods=["POST"])
        self.url_defaults(lambda _endpoint, values: values.setdefault("slug", (request.view_args or {}).get("slug")))

    @property
    def connection(self) -> SignInConnection:
        """The connection of the request; 404 if there is none."""
        found = administration.find_by_slug((request.view_args or {}).get("slug", ""))
        return found if found is not None else abort(404)

    @property
    def provider(self) -> oidc.Provider:
        return self._of_request("provider", self._make_provider)

    @property
    def callback_path(self) -> str:
        """The path of the callback, which is registered at the provider."""
        return f"/sign-in/sso/{(request.view_args or {}).get('slug', '')}/authorized"

    def make_adapter(self, url: str) -> BoundedAdapter:
        """What sends the requests to the provider's ``url``: to addresses that may be called."""
        return (PlainGuardedAdapter if is_loopback_http(url) else GuardedAdapter)(provider_address.check_address)

    @authorization.public
    def login(self, **_: str) -> ResponseReturnValue:
        """Redirect the browser to the provider. With ``?test`` who sets it up tries it."""
        is_test = "test" in request.args and may_test(self.connection)
        try:
            # Somebody who is signed in proves again who they are.
            again = {"prompt": "login"} if current_user.is_authenticated and not is_test else {}
            return self.send_to_provider(is_test, **again)
        except discovery.DiscoveryFailed as failure:
            return self._record(failure.reason, failure.detail, is_test)

    @authorization.public
    def authorized(self, **values: str) -> ResponseReturnValue:
        """The provider's callback."""
        try:
            return super().authorized(**values)
        except discovery.DiscoveryFailed as failure:
            return self._record(failure.reason, failure.detail)

    @authorization.machine_only("a logout token")
    def log_out(self, **_: str) -> ResponseReturnValue:
        """End sessions here that have ended at the provider (OpenID Connect Back-Channel Logout 1.0)."""
        try:
            claims_given = logout.verify(self.provider, request.form.get("logout_token", "")[:20_000])
        except (logout.InvalidLogoutToken, discovery.DiscoveryFailed):
            return Response("", 400, {"Cache-Control": "no-store"})
        transactions.start_write_transaction()
        logout.end_sessions(self.connection, claims_given)
        db.session.commit()
        return Response("", 200, {"Cache-Control": "no-store"})

    def find_fault(self) -> str:
        """Why the callback's parameters are refused: an error, or another issuer than was asked (RFC 9207)."""
        given = request.args.getlist("iss")
        if (given and given != list(self.provider.issuers)) or (self.provider.names_itself and not given):
            return "response_issuer"
        return super().find_fault()

    def fail(self, reason: str) -> Response:
        """Keep why it failed, and say that the sign-in did not finish."""
        return self._record(reason)

    def finish_login(self, _sender: Any, token: dict[str, Any]) -> Response:
        """The token has arrived: verify the ID token, store nothing of it, and sign the user in."""
        kept = g.oauth_kept
        if not token.get("id_token"):
            return self._record("unsigned")
        try:
            values = oidc.verify_id_token(self.provider, token["id_token"], kept.nonce)
            if user_info.is_needed(connection := self.connection, values):
                db.session.expunge(connection)
                db.session.rollback()  # the provider may be slow, and no transaction stays open meanwhile
                values = user_info.add_claims(connection, values, token.get("access_token") or "")
            transactions.start_write_transaction()
            connection = self.connection
            claimed = claims.parse_claims(connection, values)
            if kept.is_test:
                return show_test(connection, claimed, values)
            result = sign_in.sign_in(connection, claimed, browser=authentication.get_user_agent())
        except UnverifiedIdentity as error:
            return self._record(error.reason, sentence=error.message)
        except NotAdmitted as error:
            reason, detail = getattr(error, "reason", "not_admitted"), getattr(error, "detail", "")
            return self._record(reason, detail, sentence=error.message, status=403)
        if isinstance(result, oidc.EmailProofRequired):
            return magic_link.send_link(result.email, next_path=kept.next_path, pending=claimed, known=result.identity)
        return after_login.complete_login(
            result,
            connection.provider,
            kept.next_path,
            has_second_factor=claimed.multi_factor,
            connection=connection,
            provider_session=claimed.session_id,
        )

    def _make_provider(self) -> oidc.Provider:
        issuer = self.connection.issuer
        db.session.rollback()  # the provider may be slow, and no transaction stays open meanwhile
        metadata = discovery.get_metadata(issuer)
        return provider.make_provider(self.connection, metadata)

    def _new_session(self) -> OAuthSession:
        # Providers answer with other names of scopes than they were asked for, which the library would refuse.
        is_callback = request.endpoint == f"{self.name}.authorized"
        return OAuthSession(
            client_id=self._client_id, scope=None if is_callback else self.scope, blueprint=self, state=None
        )

    def _record(
        self, reason: str, detail: str = "", is_test: bool = False, *, sentence: str = "", status: int = 400
    ) -> Response:
        """Keep why the sign-in failed, and show a page; an admin who tries the provider reads the reason."""
        db.session.rollback()
        transactions.start_write_transaction()
        connection = self.connection
        administration.record_failure(connection, reason, detail)
        authentication.audit_sign_in(
            audit_log.SIGN_IN_REFUSED, None, connection.name, provider=connection.name, reason=reason
        )
        described = failures.describe(connection)
        db.session.commit()
        kept = g.get("oauth_kept")
        if (is_test or (kept is not None and kept.is_test)) and may_test(self.connection):
            return login_page.render_login_failed(described, status)
        if reason in ("unreachable", "address", "document", "keys"):
            sentence = gettext("The provider of your company does not answer at the moment. Try again later.")
        return login_page.render_login_failed(sentence, status)


def may_test(connection: SignInConnection) -> bool:
    """Whether whoever sends the request may set up ``connection``, and so try it."""
    if not current_user.is_authenticated:
        return False
    return permissions.can_connect_providers(authentication.get_current_user(), connection.organization_id)


def show_test(connection: SignInConnection, claimed: ProviderClaims, values: dict[str, Any]) -> Response:
    """The claims of an admin's own account, and what they would lead to; nothing of it is kept."""
    if not may_test(connection):
        abort(404)
    base = "/settings/connections" if current_user.is_admin else "/colleagues/sign-in/connections"
    outcome = preview.describe_outcome(connection, claimed)
    html = render_template(
        "sign_in/provider_test.html",
        connection=connection,
        claims=sorted((name, str(value)[:500]) for name, value in values.items()),
        outcome=outcome,
        base=base,
    )
    response = Response(html, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


blueprint = ConnectionBlueprint()
