"""Let colleagues whom a customer names in Cc or To follow the ticket."""

from helpdesk.channels.email import senders, trusted_senders
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import DomainError
from helpdesk.domain.people import admission, users
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

MAX_FOLLOWERS = 10  # of one mail


def add_followers(mail: ParsedMail, ticket: Ticket, writer: User) -> None:
    """Add the colleagues of ``writer`` among the recipients as followers, while the setting is on: only people whom the
    ticket's organization admits. Somebody unknown so far becomes a user.
    """
    if not settings.get("mail_cc_follows"):
        return
    ours = senders.find_ours(mail.visible_recipients)
    for address in [one for one in mail.visible_recipients if one not in ours][:MAX_FOLLOWERS]:
        colleague = _find_colleague(address, ticket)
        if colleague is None or colleague.id == writer.id:
            continue
        try:
            with db.session.begin_nested():
                tickets.add_follower(ticket, colleague, actor=writer)
        except DomainError:
            continue  # who left since, or whom the writer may not see


def _find_colleague(address: str, ticket: Ticket) -> User | None:
    known = trusted_senders.find_person(address)
    if known is not None:
        return (
            known if not known.is_team and known.is_active and known.organization_id == ticket.organization_id else None
        )
    if ticket.organization_id not in {one.id for one in admission.admitting_organizations(address)}:
        return None
    return users.create_user(address, organization=ticket.organization)
