"""Makers of rows for tests: each takes what matters to the test and makes up the rest."""

from itertools import count

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import search
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.form import Field, Form, FormVersion
from helpdesk.models.organization import Organization, OrganizationDomain
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


class Factory:
    """Makes and commits."""

    def __init__(self, session):
        self.session = session
        self.numbers = count(1)

    def organization(self, name: str = "", domain: str = "", slack: str = "", **values) -> Organization:
        """An organization, with a mail domain and, where ``slack`` names one, its customer channel."""
        number = next(self.numbers)
        name = name or f"Company {number}"
        slug = name.lower().replace(" ", "-")
        organization = Organization(name=name, slug=slug, **values)
        organization.domains.append(OrganizationDomain(domain=domain or f"{slug}.example"))
        self.session.add(organization)
        self.session.flush()
        if slack:
            self.channel(slack, organization=organization)
        self.session.commit()
        return organization

    def user(self, organization: Organization | None = None, name: str = "", role: str = "requester", **values) -> User:
        """A requester of ``organization``, or somebody of the team where ``role`` says so."""
        number = next(self.numbers)
        name = name or f"Person {number}"
        domain = organization.domains[0].domain if organization else "support.example"
        values.setdefault("email", f"{name.lower().replace(' ', '.')}.{number}@{domain}")
        user = User(
            name=name,
            role=role,
            organization_id=organization.id if organization else None,
            email_verified_at=clock.now(),
            **values,
        )
        self.session.add(user)
        self.session.commit()
        return user

    def agent(self, name: str = "", role: str = "agent", **values) -> User:
        return self.user(None, name, role, **values)

    def channel(self, external_id: str, organization: Organization | None = None, **values) -> Channel:
        """A Slack channel: ``organization``'s own, or the team's triage channel."""
        values.setdefault("audience", "customer" if organization else "team")
        channel = Channel(
            kind="slack",
            external_id=external_id,
            name=external_id.lower(),
            organization_id=organization and organization.id,
            **values,
        )
        self.session.add(channel)
        if organization is None:
            chosen.set("triage_channel", external_id)
        self.session.commit()
        return channel

    def form(self, slug: str = "default", fields: tuple[dict, ...] = (), **values) -> FormVersion:
        """A published form with these fields."""
        form = Form(slug=slug, name=values.pop("name", slug.title()), **values)
        version = FormVersion(form=form, number=1, published_at=clock.now())
        for position, field in enumerate(fields):
            version.fields.append(
                Field(position=position, **({"kind": "short_text", "label": field["key"].title()} | field))
            )
        self.session.add_all([form, version])
        self.session.commit()
        return version

    def ticket(
        self,
        requester: User | None = None,
        subject: str = "The printer is on fire",
        body: str = "It really is.",
        **values,
    ):
        """A filed ticket."""
        requester = requester or self.user(self.organization())
        ticket = tickets.create_ticket(requester=requester, subject=subject, body=body, **values)
        self.session.commit()
        return ticket


def find_tickets(user: User, text: str, similar: bool = False) -> list[int]:
    """The numbers of the tickets that a search of ``user`` lists, in its order."""
    found = search.search_similar(user, text) if similar else search.build_search(user, text)
    query = permissions.visible_tickets(user).with_only_columns(Ticket.id)
    query = query.where(*(search.SEARCH_CONDITIONS[name] for name in found.conditions))
    if found.matches is not None:
        query = query.join(found.matches, found.matches.c.ticket_id == Ticket.id).order_by(found.matches.c.rank)
    return list(db.session.scalars(query.order_by(Ticket.id.desc()), found.values))


def signed_in_client(app, user: User | None = None):
    """A test client, signed in as ``user`` as after a real sign-in."""
    from helpdesk.domain.authentication import sessions

    client = app.test_client()
    if user is not None:
        token = sessions.create_session(user, provider="link")
        from helpdesk.extensions import db

        db.session.commit()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
    return client
