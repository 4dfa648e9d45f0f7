"""Creation of tickets and follow-up tickets."""

from collections.abc import Sequence

from sqlalchemy.orm.attributes import set_committed_value

from helpdesk import clock, live_events
from helpdesk.database import insertion
from helpdesk.domain import forms, idempotency, locking, outbox
from helpdesk.domain.errors import ChangedMeanwhile, ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.outbox.channel import NewThread
from helpdesk.domain.outbox.repeated_events import Origin
from helpdesk.domain.people import permissions
from helpdesk.domain.search_index import entries
from helpdesk.domain.sla import new_timers
from helpdesk.domain.tickets import change_listeners, messages, side_effects, timeline
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.attachment import Attachment
from helpdesk.models.form import FormVersion
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.priorities import DEFAULT_PRIORITY
from helpdesk.models.statuses import Status
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH, Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext


def create_ticket(
    *,
    requester: User,
    subject: str,
    body: str,
    form: FormVersion | None = None,
    answers: dict[str, object] | None = None,
    attachments: Sequence[Attachment] = (),
    form_token: str | None = None,
    filed_by: User | None = None,
    organization_id: int | None = None,
    follows: Ticket | None = None,
    priority: str = DEFAULT_PRIORITY,
    origin: Thread | None = None,
    origin_external_id: str | None = None,
    origin_thread: NewThread | None = None,
    came_by: Origin | None = None,
) -> Ticket:
    """Create a ticket for ``requester`` and announce it in every channel; a repeated ``form_token`` returns the first.

    ``answers``: by field key, as ``forms.parse_answers`` returns them. ``filed_by``: the agent who files it for the
    requester. ``origin_thread``: the conversation outside that it is made in, which becomes one of its threads;
    ``came_by``: the event of a channel that it is made from otherwise. Raises PermissionDenied, ValidationError, and
    ChangedMeanwhile if the organization was merged, or the requester deactivated or moved, since they were read.
    """
    organization_id = organization_id or requester.organization_id
    hidden = forms.team_only_file_keys(form, answers or {})
    public = [attachment for attachment in attachments if attachment.key not in hidden]
    try:
        permissions.ensure(
            requester.is_active and organization_id is not None and (filed_by is None or filed_by.is_team),
            gettext("A ticket is filed for somebody of a customer's organization."),
        )
        subject, body = clean_subject(subject), messages.clean_body(body, bool(public))
    except (PermissionDenied, ValidationError):
        if earlier := idempotency.find_ticket_id(requester, form_token):
            return db.session.get_one(Ticket, earlier)
        raise
    now = clock.now()
    ticket = Ticket(
        organization_id=organization_id,
        requester_id=requester.id,
        form_version_id=form.id if form else None,
        subject=subject,
        status=Status.open,
        priority=priority,
        form_token=form_token,
        follows_id=follows.id if follows else None,
        created_at=now,
        updated_at=now,
        turn_since=now,
        customer_replied_at=now,
        excerpt=markdown_rendering.make_excerpt(body, 180),
        next_seq=timeline.FIRST_SEQ + 1,
        last_public_seq=timeline.FIRST_SEQ,
    )
    planned_timers = new_timers.plan_timers(ticket)
    stored = insertion.insert_unless_exists(ticket, ("requester_id", "form_token"), side_effects.ASKED_WITH_TICKET)
    if stored is None:
        return db.session.get_one(Ticket, idempotency.find_ticket_id(requester, form_token))
    known = requester.organization_id or 0
    if stored.is_merged or stored.requesters_organization != known:  # since ``requester`` was read
        raise ChangedMeanwhile(gettext("Somebody else changed this meanwhile. Reload the page and try again."))
    set_committed_value(ticket, "requester", requester)
    set_committed_value(ticket, "tag_text", None)
    message = _store_first_message(ticket, body, public, origin, origin_external_id)
    _index_for_search(ticket, message, public, forms.save_answers(ticket, form, answers or {}))
    if filed_by:
        timeline.add_event(ticket, "filed_for", filed_by, team_only=False, who=requester.display_name)
    outbox.enqueue_new_ticket(ticket, message, origin_thread, came_by)
    side_effects.on_ticket_created(ticket, message, planned_timers, has_webhooks=stored.has_webhooks)
    if hidden and filed_by:
        team_only = [attachment for attachment in attachments if attachment.key in hidden]
        messages.add_note(ticket, author=filed_by, body="", attachments=team_only)
    change_listeners.after_filing(ticket, message)
    live_events.publish_ticket_changed(ticket)
    return ticket


def create_follow_up(
    ticket: Ticket,
    *,
    requester: User,
    body: str,
    form_token: str | None = None,
    attachments: Sequence[Attachment] = (),
    origin: Thread | None = None,
    origin_external_id: str | None = None,
) -> Ticket:
    """Create a ticket that continues a closed one, linked with it; returns the new ticket. A repeated ``form_token``
    returns the first; ``origin``: the conversation of the closed ticket in which ``requester`` wrote.

    On a ticket that was merged into one still open, add a reply to that one and return it, if ``requester`` sees it.
    Raises PermissionDenied, and ConflictError if the ticket is not closed, or was merged in this moment.
    """
    target = locking.find_merge_target(ticket)
    if target is not ticket and permissions.can_reply(requester, target):
        if not target.is_closed:
            return messages.reply(
                ticket,
                author=requester,
                body=body,
                form_token=form_token,
                attachments=attachments,
                origin=origin,
                origin_external_id=origin_external_id,
            ).ticket
        ticket = target
    known_target_id = ticket.merged_into_id
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_reply(requester, locked), gettext("You may not reply on this ticket.")
    )
    if ticket.merged_into_id != known_target_id:
        raise ConflictError(gettext("Somebody else changed this meanwhile. Reload the page and try again."))
    if not ticket.is_closed:
        raise ConflictError(gettext("This ticket is still open; reply on it instead."))
    customer = ticket.requester if requester.is_team else requester
    known_id = idempotency.find_ticket_id(customer, form_token)
    new = create_ticket(
        requester=customer,
        filed_by=requester if requester.is_team else None,
        organization_id=ticket.organization_id,
        subject=ticket.subject,
        body=body,
        form_token=form_token,
        attachments=attachments,
        follows=ticket,
        priority=ticket.priority,
        origin=origin,
        origin_external_id=origin_external_id,
    )
    if new.id != known_id:
        timeline.add_event(ticket, "followed_up", requester, number=new.number)
    return new


def clean_subject(subject: str) -> str:
    """Return ``subject`` as one line. Raises ValidationError."""
    subject = to_one_line(subject)
    if not subject:
        raise ValidationError(gettext("Say in a few words what it is about."), "subject")
    if len(subject) > MAX_SUBJECT_LENGTH:
        raise ValidationError(
            gettext(
                "A subject has at most %(most_subject_length)s characters.",
                most_subject_length=format_number(MAX_SUBJECT_LENGTH),
            ),
            "subject",
        )
    return subject


def _store_first_message(
    ticket: Ticket,
    body: str,
    attachments: Sequence[Attachment],
    origin: Thread | None,
    origin_external_id: str | None,
) -> Message:
    """Store the requester's message of a new ticket. Raises ConflictError if it is in another ticket already."""
    message = Message(
        ticket_id=ticket.id,
        organization_id=ticket.organization_id,
        seq=timeline.FIRST_SEQ,
        kind=MessageKind.reply,
        from_team=False,
        author_id=ticket.requester_id,
        author_name=ticket.requester.display_name,
        origin_thread_id=origin.id if origin else None,
        origin_external_id=origin_external_id,
        created_at=ticket.created_at,
    )
    message.set_body(body)
    if not messages.store_message(message, ticket, ticket.requester, attachments):
        raise ConflictError(gettext("This message is in a ticket already."))
    return message


def _index_for_search(
    ticket: Ticket, message: Message, attachments: Sequence[Attachment], answers: list[tuple[str, bool]]
) -> None:
    """Write what a search finds of a new ticket; ``answers`` as ``forms.save_answers`` returns them."""
    names = [attachment.name for attachment in attachments]
    place = (ticket.id, ticket.organization_id)
    entries.write_entries(
        [
            entries.subject_entry(*place, ticket.subject),
            *entries.message_entries(*place, timeline.FIRST_SEQ, message.body, names, team_only=False),
            *entries.answer_entries(*place, answers),
        ]
    )
