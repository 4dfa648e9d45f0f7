"""A company's own OpenID Connect provider, as Keycloak or Okta are: discovery, keys that rotate, and false claims.

Paths and documents follow OpenID Connect Discovery 1.0, sections 3 and 4; the parameter ``iss`` of an answer RFC 9207.
"""

import time
from collections.abc import Callable

import flask

from helpdesk.demo import avatars
from helpdesk.demo.identity_providers import id_tokens, oidc_provider

CLIENT_ID, CLIENT_SECRET = "helpdesk-at-company", "company-secret-1"
CLAIMS_OF_EVERY_TOKEN = {"iss", "sub", "aud", "azp", "iat", "exp", "nonce", "sid", "jti", "events", "_typ"}
Answer = Callable[[], flask.Response]


class CompanyProvider(oidc_provider.Provider):
    """A provider with keys of its own. ``answers``: what a path answers in place of the truth, by its name."""

    def __init__(self, name: str, base_url: str | None) -> None:
        super().__init__(name, CLIENT_ID, CLIENT_SECRET, base_url, _build_claims)
        self.key_names = [f"{name}-key-1"]
        self.discovery_changes: dict[str, object] = {}
        self.answers: dict[str, Answer] = {}
        self.response_changes: dict[str, str | None] = {}
        self.has_key_ids = True
        self.claims_at_userinfo = False  # else in the ID token too (OpenID Connect Core 1.0, section 5.4)

    def rotate_keys(self, keep_old: bool = False) -> None:
        """Sign with a new key from now on; the old one is published no longer, unless ``keep_old``."""
        new = f"{self.name}-key-{len(self.key_names) + 1}-{time.monotonic_ns()}"
        self.key_names = [new, *(self.key_names if keep_old else [])]

    def build_discovery(self) -> dict:
        """The document at ``/.well-known/openid-configuration``."""
        base = self.base
        truth = {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/userinfo",
            "jwks_uri": f"{base}/jwks",
            "end_session_endpoint": f"{base}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
        }
        return {key: value for key, value in (truth | self.discovery_changes).items() if value is not None}

    def build_jwks(self) -> dict:
        """The public keys, the present one first."""
        keys = [id_tokens.build_jwk(name) for name in self.key_names]
        return {"keys": keys if self.has_key_ids else [{**key, "kid": None} for key in keys]}

    def sign(self, claims: dict, alg: str = "RS256", kid: str | None = None) -> str:
        """A token of ``claims``, signed with the present key unless ``kid`` names another."""
        if self.claims_at_userinfo:
            claims = {key: value for key, value in claims.items() if key in CLAIMS_OF_EVERY_TOKEN}
        return id_tokens.sign_token(claims, alg, kid or self.key_names[0], typ=claims.pop("_typ", None))

    def sign_logout(self, **changes: object) -> str:
        """A logout token (OpenID Connect Back-Channel Logout 1.0, section 2.4); None removes a claim."""
        now = int(time.time())
        claims = {
            "iss": self.base,
            "aud": self.client_id,
            "iat": now,
            "exp": now + 120,
            "jti": str(time.monotonic_ns()),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        return self.sign({key: value for key, value in (claims | changes).items() if value is not None})

    def change_response(self, response: dict) -> dict:
        """The parameters with which a browser is sent back: with ``iss``, and with what is to be wrong."""
        changed = response | {"iss": self.base} | self.response_changes
        return {key: value for key, value in changed.items() if value is not None}


def create_company(name: str = "Company", base_url: str | None = None) -> flask.Flask:
    """A Flask app of one company's provider. The CompanyProvider is `app.extensions["provider"]`."""
    app = flask.Flask(__name__, template_folder="templates", static_folder="static")
    company = CompanyProvider(name, base_url)
    app.extensions["provider"] = company
    app.extensions["base_url"] = company.address

    def serve(path: str, truth: Callable[[], flask.typing.ResponseReturnValue]) -> Callable[[], object]:
        return lambda: company.answers.get(path, truth)()

    app.add_url_rule("/.well-known/openid-configuration", "discovery", serve("discovery", company.build_discovery))
    app.add_url_rule("/jwks", "jwks", serve("jwks", company.build_jwks))
    app.add_url_rule(
        "/authorize", "authorize", lambda: company.authorize(list(company.accounts.values())), methods=["GET", "POST"]
    )
    app.add_url_rule(
        "/token", "token", serve("token", lambda: company.exchange("openid profile email")), methods=["POST"]
    )
    app.add_url_rule("/userinfo", "userinfo", serve("userinfo", company.userinfo))
    app.add_url_rule(
        "/picture/<email>.svg",
        "picture",
        lambda email: flask.Response(avatars.get_avatar(email), content_type="image/svg+xml"),
    )
    oidc_provider.add_security_headers(app)
    return app


def _build_claims(company: oidc_provider.Provider, account: oidc_provider.Account, asked: dict) -> dict:
    first, _, last = account.name.partition(" ")
    return {
        "iss": company.base,
        "azp": company.client_id,
        "sub": account.subject,
        "sid": f"session-of-{account.subject}",
        "email": account.email,
        "email_verified": True,
        "name": account.name,
        "given_name": first,
        "family_name": last,
    }
