"""What the filters of the review offer: agents, organizations, forms and tags, by name."""

from sqlalchemy import String, cast, func, literal, select, union_all

from helpdesk.domain.ticket_lists.agent_queue_queries import MAX_FILTER_OPTIONS
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.form import Form
from helpdesk.models.organization import Organization
from helpdesk.models.tag import Tag
from helpdesk.models.user import Role, User

_AGENT_NAME = func.coalesce(func.nullif(User.name, ""), User.email)
_PARTS = (
    select(literal("agent").label("kind"), cast(User.id, String).label("value"), _AGENT_NAME.label("name")).where(
        User.role != Role.requester, User.deactivated_at.is_(None)
    ),
    select(
        literal("organization").label("kind"), Organization.slug.label("value"), Organization.name.label("name")
    ).where(Organization.merged_into_id.is_(None)),
    select(literal("form").label("kind"), Form.slug.label("value"), Form.name.label("name")).where(
        Form.archived_at.is_(None)
    ),
    select(literal("tag").label("kind"), Tag.name.label("value"), Tag.name.label("name")).where(Tag.ended_at.is_(None)),
)
OPTIONS_QUERY = union_all(
    *(
        select(part.order_by(part.selected_columns.name).limit(MAX_FILTER_OPTIONS).subquery(f"options_{place}"))
        for place, part in enumerate(_PARTS)
    )
)


def load_options() -> dict[str, list[tuple[str, str]]]:
    """Return (value, name) of what each filter offers, by name, MAX_FILTER_OPTIONS at most. One query."""
    options: dict[str, list[tuple[str, str]]] = {kind: [] for kind in ("agent", "organization", "form", "tag")}
    for kind, value, name in db.session.execute(OPTIONS_QUERY):
        options[kind].append((value, name))
    return {kind: sort_by_name(rows, lambda row: row[1]) for kind, rows in options.items()}
