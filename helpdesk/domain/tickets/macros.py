"""Macros: apply a canned reply as a whole, with its text and everything it sets, to one ticket or to many."""

from dataclasses import dataclass
from datetime import datetime

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import locking
from helpdesk.domain.errors import ConflictError, DomainError, ValidationError
from helpdesk.domain.people import permissions, users
from helpdesk.domain.tickets import bulk_update, canned_replies, messages, status, tag_names, tags, undo
from helpdesk.models.canned_reply import AssignTo, CannedReply
from helpdesk.models.message import Message
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


@dataclass(frozen=True)
class Changes:
    """What a message sets on its ticket when it is sent; "" leaves a value as it is.

    ``assignee`` is "me", "none" for nobody, or a user's id. ``tags``: names to add, with commas between.
    """

    status: str = ""
    assignee: str = ""
    priority: str = ""
    tags: str = ""


def changes_of(macro: CannedReply) -> Changes:
    """Return what ``macro`` sets on a ticket; "" for what it leaves as it is."""
    named = {AssignTo.me: "me", AssignTo.nobody: "none", AssignTo.person: str(macro.assignee_id or "")}
    assignee = named[AssignTo(macro.assign_to)] if macro.assign_to else ""
    return Changes(macro.status or "", assignee, macro.priority or "", ", ".join(macro.tags))


def describe_changes(changes: Changes) -> list[tuple[str, str, str]]:
    """What ``changes`` say about assignee, priority and tags, as (name of the field, value, sentence)."""
    found = []
    if changes.assignee == "me":
        found.append(("assignee", "me", gettext("Assign to me")))
    elif changes.assignee == "none":
        found.append(("assignee", "none", gettext("Assign to nobody")))
    elif changes.assignee and (person := _find_assignee(changes.assignee)) is not None:
        sentence = gettext("Assign to %(person)s", person=person.display_name)
        found.append(("assignee", str(person.id), sentence))
    if changes.priority in list(Priority):
        label = Priority(changes.priority).definition.label
        found.append(("priority", changes.priority, gettext("Priority: %(priority)s", priority=label)))
    if changes.tags:
        found.append(("tags", changes.tags, gettext("Add tags: %(tags)s", tags=changes.tags)))
    return found


def describe_macro(macro: CannedReply) -> list[str]:
    """Everything ``macro`` sets, a sentence each."""
    sentences = [sentence for _, _, sentence in describe_changes(changes_of(macro))]
    if macro.status:
        sentences.insert(0, gettext("Status: %(status)s", status=Status(macro.status).definition.team_label))
    return sentences


def apply_changes(ticket: Ticket, changes: Changes, *, actor: User, release_at: datetime | None = None) -> Ticket:
    """Set what ``changes`` say; the mail about a solved ticket is not sent before ``release_at``.

    Raises PermissionDenied, ValidationError, and ConflictError on a closed ticket.
    """
    if changes.assignee:
        person = _find_assignee(changes.assignee) if changes.assignee not in ("me", "none") else None
        if changes.assignee == "me":
            person = actor
        elif person is None and changes.assignee != "none":
            raise ValidationError(gettext("There is no such person."), "assignee")
        ticket = status.assign(ticket, person, actor=actor)
    if changes.priority:
        ticket = status.set_priority(ticket, changes.priority, actor=actor)
    if changes.tags:
        tags.change_tags(ticket, actor=actor, add=tag_names.split_names(changes.tags))
    if changes.status and changes.status != ticket.status:
        ticket = status.set_status(ticket, changes.status, actor=actor, release_at=release_at)
    return ticket


def apply_macro(ticket: Ticket, macro: CannedReply, *, actor: User, form_token: str | None = None) -> Message | None:
    """Reply with the macro's text, if it has one, and set what it sets. Returns the reply.

    Raises PermissionDenied, ValidationError, and ConflictError on a closed ticket.
    """
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_manage(actor, locked), gettext("Only the team applies macros.")
    )
    message, release_at = None, undo.window_end()
    if macro.body:
        body = canned_replies.fill_variables(macro, ticket, actor)
        message = messages.reply(ticket, author=actor, body=body, form_token=form_token, release_at=release_at)
        ticket = message.ticket
    apply_changes(ticket, changes_of(macro), actor=actor, release_at=release_at)
    return message


def apply_to_tickets(
    numbers: list[int], macro: CannedReply | None, *, actor: User, form_token: str
) -> bulk_update.BulkUpdateResult:
    """Apply ``macro`` to each ticket; a repeated ``form_token`` sends nothing twice. A ticket that refuses is left out.

    Raises PermissionDenied and ValidationError.
    """
    bulk_update.ensure_may_update(numbers, actor)
    if macro is None:
        raise ValidationError(gettext("Choose a macro."), "macro")
    result = bulk_update.BulkUpdateResult()
    locking.lock_tickets(numbers)
    for ticket in bulk_update.load_tickets(numbers, actor):
        try:
            if ticket.is_closed:
                raise ConflictError(gettext("This ticket is closed. File a follow-up instead."))
            apply_macro(ticket, macro, actor=actor, form_token=f"{form_token[:40]}-{ticket.number}")
            result.changed += 1
        except ValidationError:
            raise
        except DomainError as error:
            result.refused.append((ticket.number, error.message))
    return result


def _find_assignee(text: str) -> User | None:
    person = users.get_user(parse_id(text) or 0)
    return person if person is not None and person.is_team else None


def load_team_choices() -> list[tuple[str, str]]:
    """Whom a macro can assign to, as (value, name): who applies it, nobody, then the team by name."""
    choices = [("me", gettext("Whoever applies it")), ("none", gettext("Nobody"))]
    return choices + [(str(user.id), user.display_name) for user in users.list_team()]
