"""The stand-in for Google (its documentation: "OpenID Connect"): the same paths and claims."""

import flask

from helpdesk.demo import avatars, personas
from helpdesk.demo.identity_providers import id_tokens, oidc_provider

SCOPE_PREFIX = "https://www.googleapis.com/auth/userinfo."


def create_google(
    base_url: str | None = None,
    client_id: str = personas.GOOGLE_CLIENT_ID,
    client_secret: str = personas.GOOGLE_CLIENT_SECRET,
) -> flask.Flask:
    """A Flask app that answers as Google does. The Provider is `app.extensions["provider"]`."""
    app = flask.Flask(__name__, template_folder="templates", static_folder="static")
    google = oidc_provider.Provider("Google", client_id, client_secret, base_url, _build_claims)
    app.extensions["provider"] = google
    app.extensions["base_url"] = google.address
    for address in ("dana@globex.example", "oscar@globex.example", "leo@globex.example"):
        google.account(address)
    google.account("nadia@initech.example", note="A private Google account made with a work address", hd=None)
    google.account("clara.jensen@gmail.com", "Clara Jensen", "A private account", hd=None)
    for agent in personas.AGENTS[:2]:
        google.account(agent.email)

    app.add_url_rule(
        "/o/oauth2/v2/auth",
        "authorize",
        lambda: google.authorize(list(google.accounts.values())),
        methods=["GET", "POST"],
    )
    app.add_url_rule(
        "/token",
        "token",
        lambda: google.exchange(f"openid {SCOPE_PREFIX}email {SCOPE_PREFIX}profile"),
        methods=["POST"],
    )
    app.add_url_rule("/userinfo", "userinfo", google.userinfo)
    app.add_url_rule("/oauth2/v3/certs", "certs", id_tokens.build_jwks)
    app.add_url_rule("/.well-known/openid-configuration", "discovery", lambda: _build_discovery(google.base))
    app.add_url_rule("/picture/<email>.svg", "picture", _show_picture)
    oidc_provider.add_security_headers(app)
    return app


def _build_claims(google: oidc_provider.Provider, account: oidc_provider.Account, asked: dict) -> dict:
    first, _, last = account.name.partition(" ")
    return {
        "iss": google.base,
        "azp": google.client_id,
        "sub": account.subject,
        "email": account.email,
        "email_verified": True,
        "hd": account.email.rpartition("@")[2],
        "name": account.name,
        "given_name": first,
        "family_name": last,
        "picture": f"{google.base}/picture/{account.email}.svg",
    }


def _build_discovery(base: str) -> dict:
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/o/oauth2/v2/auth",
        "token_endpoint": f"{base}/token",
        "userinfo_endpoint": f"{base}/userinfo",
        "jwks_uri": f"{base}/oauth2/v3/certs",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "hd", "iat", "iss", "name", "picture", "sub"],
    }


def _show_picture(email: str) -> flask.Response:
    return flask.Response(avatars.get_avatar(email), content_type="image/svg+xml")
