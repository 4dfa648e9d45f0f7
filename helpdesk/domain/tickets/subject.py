"""Change the subject of a ticket."""

from helpdesk import clock
from helpdesk.domain import locking, outbox
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import permissions
from helpdesk.domain.search_index import entries
from helpdesk.domain.tickets import create, timeline
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


def change_subject(ticket: Ticket, subject: str, *, actor: User, shown: str | None = None) -> Ticket:
    """Give ``ticket`` another subject; mails about it have it from then on.

    ``shown``: what ``actor`` saw and changed. The event has neither text, so that erasing a subject leaves none. Raises
    PermissionDenied, ValidationError, and ConflictError if somebody changed it meanwhile.
    """
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_manage(actor, locked), gettext("Only the team changes the subject.")
    )
    subject, old = create.clean_subject(subject), ticket.subject
    if shown is not None and shown != old:
        raise ConflictError(gettext("Somebody else changed this meanwhile. Reload the page and try again."), "subject")
    if ticket.merged_into_id:
        raise ConflictError(gettext("This ticket is merged into another; change that one."), "subject")
    if subject == old:
        return ticket
    ticket.subject, ticket.updated_at = subject, clock.now()
    db.session.flush()  # a trigger removes the entry of the former subject
    entries.write_entries([entries.subject_entry(ticket.id, ticket.organization_id, subject)])
    timeline.add_event(ticket, "subject", actor)
    outbox.enqueue_card_update(ticket)
    webhooks.enqueue_ticket_changed(ticket, "subject", {"old": old, "new": subject})
    return ticket
