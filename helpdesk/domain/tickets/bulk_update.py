"""Bulk updates: the same change on many tickets, each by its own function, each of which may refuse."""

from dataclasses import dataclass, field

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import locking, tickets
from helpdesk.domain.errors import DomainError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import bulk_undo, tag_names, tags, undo
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, ngettext

MAX_TICKETS = 100  # of one update


@dataclass
class BulkUpdateResult:
    """How many tickets were changed, and for each other one (number, reason).

    ``undoable``: on how many of them the change can be undone together.
    """

    changed: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    undoable: int = 0

    @property
    def sentence(self) -> str:
        """The result as text for the person who made the update."""
        text = ngettext("Changed %(num)s ticket.", "Changed %(num)s tickets.", self.changed)
        if self.refused:
            number, reason = self.refused[0]
            unchanged = ngettext(
                "%(num)s stayed as it was: #%(number)s: %(reason)s",
                "%(num)s stayed as they were: #%(number)s: %(reason)s",
                len(self.refused),
                number=number,
                reason=reason,
            )
            text += f" {unchanged}"
        return text


def update_tickets(
    numbers: list[int],
    *,
    actor: User,
    status: str = "",
    assignee: str = "",
    priority: str = "",
    add_tags: str = "",
    remove_tags: str = "",
    bulk: str = "",
) -> BulkUpdateResult:
    """Set the given values on each ticket; "" leaves a value as it is. ``assignee``: a user's id, or "none" for nobody.

    ``add_tags`` and ``remove_tags``: names as they are typed. With ``bulk`` all of it can be undone together under this
    mark, and mails about solved tickets wait for that.

    Tickets are locked in the order of their numbers, so that two calls cannot deadlock. Raises PermissionDenied and
    ValidationError.
    """
    ensure_may_update(numbers, actor)
    added, removed = tag_names.split_names(add_tags), tag_names.split_names(remove_tags)
    if not (status or assignee or priority or added or removed):
        raise ValidationError(gettext("Choose what to change."), "status")
    person = _find_assignee(assignee)
    result, first_seqs = BulkUpdateResult(), {}
    release_at = undo.window_end() if bulk else None
    locking.lock_tickets(numbers)
    for ticket in load_tickets(numbers, actor):
        first_seqs[ticket.id] = ticket.next_seq
        try:
            if status:
                tickets.set_status(ticket, status, actor=actor, release_at=release_at)
            if assignee:
                tickets.assign(ticket, person, actor=actor)
            if priority:
                tickets.set_priority(ticket, priority, actor=actor)
            if added or removed:
                tags.change_tags(ticket, add=added, remove=removed, actor=actor)
            result.changed += 1
        except ValidationError:
            raise
        except DomainError as error:
            result.refused.append((ticket.number, error.message))
    if bulk:
        result.undoable = bulk_undo.mark_changes(first_seqs, actor=actor, bulk=bulk)
    return result


def ensure_may_update(numbers: list[int], actor: User) -> None:
    """Raise PermissionDenied unless ``actor`` may change many tickets, and ValidationError for none or too many."""
    permissions.ensure(actor.is_team and actor.is_active, gettext("Only the team changes many tickets at once."))
    if not numbers:
        raise ValidationError(gettext("Select at least one ticket."), "tickets")
    if len(numbers) > MAX_TICKETS:
        raise ValidationError(
            gettext("Change at most %(most_tickets)s tickets at once.", most_tickets=format_number(MAX_TICKETS)),
            "tickets",
        )


def load_tickets(numbers: list[int], actor: User) -> list[Ticket]:
    """The tickets with these numbers that ``actor`` may see, by number."""
    visible = permissions.visible_tickets(actor).where(Ticket.id.in_(sorted(set(numbers)))).order_by(Ticket.id)
    return list(db.session.scalars(visible))


def _find_assignee(assignee: str) -> User | None:
    if assignee in ("", "none"):
        return None
    person = db.session.get(User, parse_id(assignee) or 0)
    if person is None:
        raise ValidationError(gettext("There is no such person."), "assignee")
    return person
