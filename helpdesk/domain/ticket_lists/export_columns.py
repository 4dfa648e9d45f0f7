"""The columns of an exported list of tickets: the ticket's own, and one for each field of the forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select

from helpdesk.domain import labels
from helpdesk.domain.people.reader_time_zone import get_reader_time_zone
from helpdesk.extensions import db
from helpdesk.models.form import Answer, Field
from helpdesk.models.priorities import Priority
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import current_code, lazy_gettext

HEADINGS = (
    lazy_gettext("Number"),
    lazy_gettext("Subject"),
    lazy_gettext("Status"),
    lazy_gettext("Priority"),
    lazy_gettext("Organization"),
    lazy_gettext("Requester"),
    lazy_gettext("Assignee"),
    lazy_gettext("Form"),
    lazy_gettext("Filed"),
    lazy_gettext("Last activity"),
    lazy_gettext("Solved"),
)
TEAM_HEADINGS = (*HEADINGS, lazy_gettext("Tags"))
TIME_COLUMNS = (8, 9, 10)  # of HEADINGS
Cell = str | int | datetime | None


@dataclass(frozen=True)
class ExportColumns:
    """Whom an export is for and which fields have a column: (key, heading). ``zone``: of the times.

    ``language`` is the present one, also for the pieces that are read later.
    """

    for_team: bool
    zone: ZoneInfo
    language: str
    own: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]

    @property
    def headings(self) -> tuple[str, ...]:
        return self.own + tuple(heading for _, heading in self.fields)


def find_columns(reader: User) -> ExportColumns:
    """The columns of an export for ``reader``: the fields that have an answer somewhere they may look.

    Fields with one key are one column, under the label of the newest; two that share a label show their keys.
    """
    answered = exists().where(Answer.field_id == Field.id)
    if not reader.is_team:
        answered = answered.where(Answer.organization_id == reader.organization_id)
    query = select(Field.key, Field.label).where(answered).order_by(Field.id)
    if not reader.is_team:
        query = query.where(Field.team_only.is_(False))
    names: dict[str, str] = {}
    for key, label in db.session.execute(query):
        names[key] = label
    own = tuple(str(heading) for heading in (TEAM_HEADINGS if reader.is_team else HEADINGS))
    taken = [*own, *names.values()]
    fields = tuple((key, f"{label} ({key})" if taken.count(label) > 1 else label) for key, label in names.items())
    return ExportColumns(reader.is_team, get_reader_time_zone(reader), current_code(), own, fields)


def make_row(columns: ExportColumns, ticket: Ticket, answers: dict[str, str]) -> list[Cell]:
    """The cells of one ticket; ``answers`` by the key of their field. Times are in the zone of the columns."""
    return [
        ticket.number,
        ticket.subject,
        labels.status_label(ticket.status, columns.for_team),
        str(labels.PRIORITY_LABELS[Priority(ticket.priority)]),
        ticket.organization.name,
        ticket.requester.display_name,
        ticket.assignee.display_name if ticket.assignee else "",
        ticket.form_version.form.name if ticket.form_version else "",
        *(
            moment.astimezone(columns.zone) if moment else None
            for moment in (ticket.created_at, ticket.updated_at, ticket.solved_at)
        ),
        *([", ".join(ticket.tags)] if columns.for_team else []),
        *(answers.get(key, "") for key, _ in columns.fields),
    ]


def load_answers(columns: ExportColumns, tickets: Sequence[Ticket]) -> dict[int, dict[str, str]]:
    """The answers of the tickets that the reader may read: by ticket, then by the key of the field."""
    query = select(Answer.ticket_id, Field.key, Answer.text).join(Field, Field.id == Answer.field_id)
    query = query.where(Answer.ticket_id.in_([ticket.id for ticket in tickets])).order_by(Answer.id)
    if not columns.for_team:
        query = query.where(Field.team_only.is_(False))
    found: dict[int, dict[str, str]] = {}
    for ticket_id, key, text in db.session.execute(query):
        found.setdefault(ticket_id, {})[key] = text
    return found
