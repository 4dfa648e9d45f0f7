"""Companies with identity providers of their own on real sockets, and their connections."""

from contextlib import contextmanager

from helpdesk import encryption
from helpdesk.demo import identity_providers, wsgi_server
from helpdesk.demo.identity_providers import company
from helpdesk.key_derivation import Purpose
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from tests import process_state


@contextmanager
def serve_company(name="Company"):
    """The provider of a company, served; what was kept of others at the same port is forgotten."""
    process_state.reset_providers()
    app = identity_providers.create_company(name)
    with wsgi_server.serve_app(app) as server:
        provider = app.extensions["provider"]
        provider.url = server.url
        yield provider


def connect(session, organization, provider, *, domains=None, **values):
    """The connection of ``organization`` to ``provider``, its domains proven."""
    given = [row.domain for row in organization.domains] if organization is not None and domains is None else domains
    connection = SignInConnection(
        organization_id=organization.id if organization is not None else None,
        name=values.pop("name", provider.name),
        issuer=values.pop("issuer", provider.url),
        client_id=company.CLIENT_ID,
        client_secret=encryption.encrypt(Purpose.PROVIDER_SECRET, values.pop("client_secret", company.CLIENT_SECRET)),
        role_rules=values.pop("role_rules", []),
        **values,
    )
    from helpdesk import clock

    connection.domains = [ConnectionDomain(domain=domain, verified_at=clock.now()) for domain in given or ()]
    session.add(connection)
    session.commit()
    return connection
