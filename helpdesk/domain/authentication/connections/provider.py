"""A connection as the sign-in uses it: the endpoints of its provider and our client at it."""

from functools import partial

from helpdesk import encryption, guarded_http
from helpdesk.domain.authentication import oidc, ways
from helpdesk.domain.authentication.connections import discovery, provider_address
from helpdesk.extensions import db
from helpdesk.key_derivation import Purpose
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.translation import gettext

SCOPE = ("openid", "email", "profile")
fetch_checked = partial(guarded_http.fetch_json, check=provider_address.check_address)


def make_provider(connection: SignInConnection, metadata: discovery.Metadata) -> oidc.Provider:
    """Return the provider of ``connection``, whose document says ``metadata``."""
    secret = encryption.decrypt(Purpose.PROVIDER_SECRET, connection.client_secret) if connection.client_secret else ""
    return oidc.Provider(
        name=connection.provider,
        title=connection.name,
        client_id=connection.client_id,
        client_secret=secret,
        authorize_url=metadata.authorize_url,
        token_url=metadata.token_url,
        keys_url=metadata.keys_url,
        issuers=(metadata.issuer,),
        scope=SCOPE,
        algorithms=metadata.algorithms,
        connection_id=connection.id,
        names_itself=metadata.names_itself,
        takes_basic=metadata.takes_basic,
        fetch=fetch_checked,
    )


def get_title(name: str) -> str:
    """What people call the provider with the ``name`` that an identity or a session has."""
    if ways.way_of(name) != ways.OWN:
        return oidc.get_provider(name).title
    connection = find_by_provider(name)
    return connection.name if connection is not None else gettext("a provider that is not connected any more")


def find_by_provider(name: str) -> SignInConnection | None:
    """Return the connection that an identity or a session names ``name``; None if it is none, or gone."""
    number = name.removeprefix(ways.OWN_PREFIX)
    if not name.startswith(ways.OWN_PREFIX) or not number.isdecimal():
        return None
    return db.session.get(SignInConnection, int(number))
