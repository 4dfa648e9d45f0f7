"""The stand-in for Microsoft Entra ("ID token claims reference"): the same paths, tenants and claims."""

import hashlib
import uuid

import flask

from helpdesk.demo import avatars, personas
from helpdesk.demo.identity_providers import id_tokens, oidc_provider

CONSUMER_TENANT_ID = "9188040d-6c67-4c5b-b112-36a304b66dad"
MULTI_TENANT_NAMES = ("common", "organizations", "consumers")


def create_microsoft(
    base_url: str | None = None,
    client_id: str = personas.MICROSOFT_CLIENT_ID,
    client_secret: str = personas.MICROSOFT_CLIENT_SECRET,
) -> flask.Flask:
    """A Flask app that answers as Microsoft Entra does. The Provider is `app.extensions["provider"]`."""
    app = flask.Flask(__name__, template_folder="templates", static_folder="static")
    entra = oidc_provider.Provider("Microsoft", client_id, client_secret, base_url, _build_claims)
    app.extensions["provider"] = entra
    app.extensions["base_url"] = entra.address
    for address in (
        "nadia@initech.example",
        "grant@initech.example",
        "ines@umbralabs.example",
        "viktor@umbralabs.example",
    ):
        entra.account(address)
    entra.account("yusuf@initech.example", note="The tenant does not vouch for the address", xms_edov=None)
    entra.account(
        "theo@umbralabs.example", note="A private Microsoft account made with a work address", tid=CONSUMER_TENANT_ID
    )
    for agent in personas.AGENTS[2:]:
        entra.account(agent.email)

    app.add_url_rule(
        "/<tenant>/oauth2/v2.0/authorize",
        "authorize",
        lambda tenant: _authorize(entra, tenant),
        methods=["GET", "POST"],
    )
    app.add_url_rule(
        "/<tenant>/oauth2/v2.0/token", "token", lambda tenant: entra.exchange("openid profile email"), methods=["POST"]
    )
    app.add_url_rule("/<tenant>/discovery/v2.0/keys", "keys", lambda tenant: _show_keys(entra))
    app.add_url_rule(
        "/<tenant>/v2.0/.well-known/openid-configuration",
        "discovery",
        lambda tenant: _build_discovery(entra.base, tenant),
    )
    app.add_url_rule("/oidc/userinfo", "userinfo", entra.userinfo)
    app.add_url_rule(
        "/picture/<email>.svg",
        "picture",
        lambda email: flask.Response(avatars.get_avatar(email), content_type="image/svg+xml"),
    )
    oidc_provider.add_security_headers(app)
    return app


def get_tenant(account: oidc_provider.Account) -> str:
    """The tenant an account belongs to."""
    if "tid" in account.claims:
        return account.claims["tid"]
    domain = account.email.rpartition("@")[2]
    for company in personas.COMPANIES:
        if domain in company.domains:
            return company.tenant
    if domain == personas.SUPPORT_DOMAIN:
        return personas.NORTHWIND_TENANT
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, domain))


def _authorize(entra: oidc_provider.Provider, tenant: str) -> flask.typing.ResponseReturnValue:
    accounts = [account for account in entra.accounts.values() if _belongs_to_tenant(account, tenant)]
    return entra.authorize(accounts, _tenant=tenant)


def _belongs_to_tenant(account: oidc_provider.Account, tenant: str) -> bool:
    home = get_tenant(account)
    if tenant == "common":
        return True
    if tenant in ("organizations", "consumers"):
        return (home == CONSUMER_TENANT_ID) == (tenant == "consumers")
    return tenant in (home, account.email.rpartition("@")[2])


def _build_claims(entra: oidc_provider.Provider, account: oidc_provider.Account, asked: dict) -> dict:
    tenant = get_tenant(account)
    pairwise = hashlib.sha256(f"{account.email} {entra.client_id}".encode()).hexdigest()[:43]
    return {
        "iss": f"{entra.base}/{tenant}/v2.0",
        "tid": tenant,
        "sub": pairwise,
        "ver": "2.0",
        "oid": str(uuid.uuid5(uuid.NAMESPACE_DNS, account.email)),
        "email": account.email,
        "name": account.name,
        "preferred_username": account.email,
        "xms_edov": True,
    }


def _show_keys(entra: oidc_provider.Provider) -> dict:
    return {"keys": [{**key, "issuer": f"{entra.base}/{{tenantid}}/v2.0"} for key in id_tokens.build_jwks()["keys"]]}


def _build_discovery(base: str, tenant: str) -> dict:
    # For the shared endpoints Microsoft prints a template instead of an issuer, and libraries must fill it
    # in.
    issuer = f"{base}/{{tenantid}}/v2.0" if tenant in MULTI_TENANT_NAMES else f"{base}/{tenant}/v2.0"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token",
        "jwks_uri": f"{base}/{tenant}/discovery/v2.0/keys",
        "userinfo_endpoint": f"{base}/oidc/userinfo",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "email"],
    }
