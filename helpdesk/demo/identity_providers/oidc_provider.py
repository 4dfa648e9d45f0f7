"""What both providers share: accounts, authorization codes with PKCE (RFC 7636), and the token endpoint."""

import base64
import hashlib
import secrets
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

import flask

from helpdesk.demo import avatars, personas, wsgi_server
from helpdesk.demo.identity_providers import id_tokens

CODE_TTL_SECONDS = 300
TOKEN_TTL_SECONDS = 3600


@dataclass(frozen=True)
class Account:
    """An account that can be chosen.

    `claims` are laid over what the provider would say; None removes a claim.
    """

    email: str
    name: str
    claims: dict = field(default_factory=dict)
    note: str = ""

    @property
    def subject(self) -> str:
        """A stable number for this address."""
        return str(int(hashlib.sha256(self.email.encode()).hexdigest()[:17], 16))[:21]


@dataclass
class _AuthorizationGrant:
    account: Account
    asked: dict
    created_at: float = field(default_factory=time.monotonic)


class Provider:
    """One provider: its accounts, its unused codes, and how the next ID token is to be wrong."""

    def __init__(self, name: str, client_id: str, client_secret: str, base_url: str | None, claims_of):
        self.name = name
        self.client_id, self.client_secret = client_id, client_secret
        self.address = wsgi_server.BaseUrl(base_url)
        self.accounts: dict[str, Account] = {}
        self._claims_of = claims_of
        self._codes: dict[str, _AuthorizationGrant] = {}
        self._access: dict[str, tuple[Account, dict]] = {}
        self._lies: list[dict] = []
        self._lock = threading.Lock()

    @property
    def base(self) -> str:
        return self.address.get() or flask.request.url_root.rstrip("/")

    def account(self, email: str, name: str | None = None, note: str = "", **claims) -> Account:
        """Add an account (or replace the one with this address)."""
        try:
            known = personas.get_person(email).name
        except KeyError:
            known = email.partition("@")[0].title()
        self.accounts[email] = Account(email, name or known, claims, note)
        return self.accounts[email]

    def next_token(
        self,
        claims: dict | None = None,
        alg: str = "RS256",
        kid: str | None = None,
        nonce: str | None = None,
    ) -> None:
        """Make the ID token of the next exchange wrong: claims replaced (None removes one), algorithm, key, nonce."""
        self._lies.append({"claims": claims or {}, "alg": alg, "kid": kid, "nonce": nonce})

    def authorize(self, accounts: list[Account], **beside) -> flask.typing.ResponseReturnValue:
        """The choose-an-account page, and what choosing does."""
        asked = flask.request.values.to_dict()
        if wrong := self._wrong(asked):
            return flask.render_template("wrong.html", provider=self, reason=wrong), 400
        if flask.request.method == "GET":
            return flask.render_template("choose.html", provider=self, accounts=accounts, asked=asked, faces=avatars)
        chosen = asked.pop("account", "")
        if chosen == "":
            return self._back(asked, error="access_denied")
        if chosen not in {account.email for account in accounts}:
            return flask.render_template("wrong.html", provider=self, reason="There is no such account here."), 400
        code = "4/" + secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = _AuthorizationGrant(self.accounts[chosen], {**asked, **beside})
        return self._back(asked, code=code)

    def exchange(self, scope: str) -> flask.typing.ResponseReturnValue:
        """The token endpoint. `scope` is what the response names as granted."""
        form = flask.request.form
        basic = flask.request.authorization
        client = basic.username if basic and basic.type == "basic" else form.get("client_id")
        secret = basic.password if basic and basic.type == "basic" else form.get("client_secret")
        if client != self.client_id or secret != self.client_secret:
            return _error_response("invalid_client", "The client is unknown or its secret is wrong.", 401)
        if form.get("grant_type") != "authorization_code":
            return _error_response("unsupported_grant_type", "Only authorization_code is offered.")
        with self._lock:
            grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or time.monotonic() - grant.created_at > CODE_TTL_SECONDS:
            return _error_response("invalid_grant", "The code is unknown, used or expired.")
        if grant.asked.get("redirect_uri") != form.get("redirect_uri"):
            return _error_response("invalid_grant", "redirect_uri differs from the one that was asked for.")
        if not _verify_pkce(grant.asked.get("code_challenge"), form.get("code_verifier")):
            return _error_response("invalid_grant", "code_verifier does not match code_challenge.")
        access = "ya29." + secrets.token_urlsafe(32)
        claims = self._claims(grant)
        self._access[access] = (grant.account, claims)
        lie = self._lies.pop(0) if self._lies else {"claims": {}, "alg": "RS256", "kid": None, "nonce": None}
        if lie["nonce"] is not None:
            claims["nonce"] = lie["nonce"]
        claims = {key: value for key, value in (claims | lie["claims"]).items() if value is not None}
        response = flask.jsonify(
            access_token=access,
            expires_in=TOKEN_TTL_SECONDS - 1,
            scope=scope,
            token_type="Bearer",
            id_token=self.sign(claims, lie["alg"], lie["kid"]),
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def sign(self, claims: dict, alg: str = "RS256", kid: str | None = None) -> str:
        """A token of ``claims``; `kid` names another key than the published one."""
        return id_tokens.sign_token(claims, alg, kid or id_tokens.KEY_ID)

    def userinfo(self) -> flask.typing.ResponseReturnValue:
        """The claims of the bearer's account."""
        token = flask.request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self._access:
            return _error_response("invalid_token", "The access token is unknown.", 401)
        hidden = ("iss", "aud", "exp", "iat", "nbf", "nonce", "azp", "at_hash", "ver")
        return flask.jsonify({key: value for key, value in self._access[token][1].items() if key not in hidden})

    def _claims(self, grant: _AuthorizationGrant) -> dict:
        now = int(time.time())
        claims = {"aud": self.client_id, "iat": now, "exp": now + TOKEN_TTL_SECONDS}
        if "nonce" in grant.asked:
            claims["nonce"] = grant.asked["nonce"]
        claims |= self._claims_of(self, grant.account, grant.asked)
        claims |= grant.account.claims
        return {key: value for key, value in claims.items() if value is not None and not key.startswith("_")}

    def _wrong(self, asked: dict) -> str:
        if asked.get("client_id") != self.client_id:
            return "The application that sent you is not known here (client_id)."
        if not asked.get("redirect_uri", "").startswith(("http://", "https://")):
            return "The application did not say where to go back to (redirect_uri)."
        if asked.get("response_type") != "code":
            return "Only the authorization code flow is offered (response_type)."
        if "openid" not in asked.get("scope", "").split():
            return "The application did not ask who you are (scope openid)."
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return "Only the S256 method of PKCE is offered (code_challenge_method)."
        return ""

    def change_response(self, response: dict) -> dict:
        """The parameters with which a browser is sent back."""
        return response

    def _back(self, asked: dict, **response) -> flask.typing.ResponseReturnValue:
        if "state" in asked:
            response["state"] = asked["state"]
        response = self.change_response(response)
        joint = "&" if "?" in asked["redirect_uri"] else "?"
        return flask.redirect(asked["redirect_uri"] + joint + urllib.parse.urlencode(response))


def add_security_headers(app: flask.Flask) -> None:
    """Add headers that forbid scripts, frames and third parties on the pages."""

    @app.after_request
    def add(response: flask.Response) -> flask.Response:
        policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
        response.headers["Content-Security-Policy"] = policy
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _verify_pkce(challenge: str | None, verifier: str | None) -> bool:
    if not challenge:
        return not verifier
    digest = hashlib.sha256((verifier or "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def _error_response(error: str, description: str, status: int = 400) -> flask.typing.ResponseReturnValue:
    return flask.jsonify(error=error, error_description=description), status
