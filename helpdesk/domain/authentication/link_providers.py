"""The provider behind a sign-in link: a link may only prove the address of somebody who came from a provider."""

import json

from helpdesk.domain.authentication import login, ways
from helpdesk.domain.authentication.connections import provider as connection_provider
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Identity


def find_provider(link: SignInLink) -> tuple[str, SignInConnection | None]:
    """How whoever used ``link`` signs in, and the connection it is: theirs, if the link only proves its address.

    Raises NotAdmitted if the connection is gone or switched off meanwhile.
    """
    if link.purpose == ways.INVITATION:
        return ways.INVITATION, None
    identity = db.session.get(Identity, link.identity_id) if link.identity_id else None
    provider = identity.provider if identity is not None else ""
    if link.pending_identity:
        provider = str(json.loads(link.pending_identity)["provider"])
    if ways.way_of(provider) != ways.OWN:
        return ways.LINK, None
    connection = connection_provider.find_by_provider(provider)
    if connection is None or not connection.is_active:
        raise login.refuse(link.email)
    return provider, connection


def get_provider_session(link: SignInLink) -> str | None:
    """What the provider of a pending account calls its session."""
    return json.loads(link.pending_identity).get("session_id") if link.pending_identity else None
