"""Canned replies, also called macros: the team's and each agent's own.

Variables are replaced when a reply is chosen, never later.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm.exc import StaleDataError

from helpdesk import clock, urls
from helpdesk.database import transactions
from helpdesk.database.row_ids import parse_id
from helpdesk.domain.administration import settings
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.content_translation.reply_variables import VARIABLE_PATTERN, find_unknown_variable
from helpdesk.domain.errors import ConflictError, ensure_fields
from helpdesk.domain.people import permissions, users
from helpdesk.domain.people.reader_language import get_reader_language
from helpdesk.domain.tickets import tag_names
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.canned_reply import AssignTo, CannedReply
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Menu, statuses_in_menu
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, use_language

MAX_TITLE_LENGTH = 80
MAX_BODY_LENGTH = 10_000
ALLOWED_STATUSES = statuses_in_menu(Menu.canned_reply)
_reply = CannedReply.__table__
TITLES_QUERY = (
    select(*_reply.c["id", "title"])
    .where(or_(_reply.c.owner_id.is_(None), _reply.c.owner_id == bindparam("user_id")))
    .order_by(_reply.c.id)
)


def list_replies(user: User) -> list[CannedReply]:
    """Return the team's replies and ``user``'s own, by title."""
    usable = or_(CannedReply.owner_id.is_(None), CannedReply.owner_id == user.id)
    found = db.session.scalars(select(CannedReply).where(usable).order_by(CannedReply.id))
    return sort_by_name(found, lambda reply: reply.title)


def list_titles(user: User, rows: Iterable[Sequence[Any]] | None = None) -> list[tuple[int, str]]:
    """Return the id and title of the same replies, by title, in the reader's language.

    ``rows``: of TITLES_QUERY for this user, where it was executed already.
    """
    if rows is None:
        rows = transactions.execute_core(TITLES_QUERY, {"user_id": user.id})
    return sort_by_name(((id, translate_content(title, Part.reply)) for id, title in rows), lambda row: row[1])


def find_reply(user: User, reply_id: int) -> CannedReply | None:
    """Return the reply with this id if ``user`` may use it, else None."""
    reply = db.session.get(CannedReply, reply_id)
    return reply if reply and user.is_team and reply.owner_id in (None, user.id) else None


def fill_variables(reply: CannedReply, ticket: Ticket, agent: User) -> str:
    """Return the reply as Markdown, in the requester's language if it has been translated.

    Its variables are replaced by escaped values of ``ticket`` and ``agent``.
    """
    name = ticket.requester.display_name
    with use_language(get_reader_language(ticket.requester)):
        body = translate_content(reply.body, Part.reply)
    values = {
        "requester": name,
        "first_name": name.split()[0] if name.split() else name,
        "organization": ticket.organization.name,
        "agent": agent.display_name,
        "team": settings.get("team_name"),
        "number": f"#{ticket.number}",
        "subject": ticket.subject,
        "link": urls.ticket_url(ticket.number),
    }
    replacements = {name: value if name == "link" else _escape_value(value) for name, value in values.items()}
    return VARIABLE_PATTERN.sub(lambda match: replacements.get(match[1], match[0]), body)


def save_reply(
    reply: CannedReply | None,
    *,
    title: str,
    body: str,
    actor: User,
    shared: bool,
    status: str = "",
    priority: str = "",
    assignee: str = "",
    tags: str = "",
    version: int | None = None,
) -> CannedReply:
    """Save a reply, a new one if ``reply`` is None. ``assignee``: "me", "none" for nobody, a user's id, or "".
    ``tags``: names with commas between.

    Raises PermissionDenied, ValidationError with a sentence for every wrong field, and ConflictError if it was changed
    since ``version``.
    """
    _ensure_may_edit(reply, shared, actor)
    title, body = to_one_line(title), body.replace("\r\n", "\n").strip()
    assign_to, person = _parse_assignee(assignee)
    unknown, names = find_unknown_variable(body), list(tag_names.split_names(tags))
    longest_title, longest_body = format_number(MAX_TITLE_LENGTH), format_number(MAX_BODY_LENGTH)
    ensure_fields(
        gettext("Some answers need another look."),
        (
            "title",
            0 < len(title) <= MAX_TITLE_LENGTH,
            gettext("A title has between 1 and %(most_title_length)s characters.", most_title_length=longest_title),
        ),
        (
            "body",
            len(body) <= MAX_BODY_LENGTH,
            gettext("A reply has at most %(most_body_length)s characters.", most_body_length=longest_body),
        ),
        ("body", body or status or priority or assignee or names, gettext("Write a text, or choose what is set.")),
        ("body", not unknown, gettext("There is no variable {{%(unknown)s}}.", unknown=unknown)),
        ("status", not status or status in ALLOWED_STATUSES, gettext("A macro cannot set this status.")),
        ("priority", not priority or priority in list(Priority), gettext("There is no such priority.")),
        (
            "assignee",
            assign_to != AssignTo.person or person is not None,
            gettext("A ticket is assigned to somebody of the team."),
        ),
    )
    if reply is None:
        reply = CannedReply()
        db.session.add(reply)
    elif version is not None and version != reply.version:
        raise ConflictError(
            gettext("Somebody else changed this macro meanwhile. Load it again and repeat your change.")
        )
    reply.owner_id = None if shared else actor.id
    reply.title, reply.body, reply.status, reply.updated_at = title, body, status or None, clock.now()
    reply.priority, reply.assign_to, reply.assignee_id = priority or None, assign_to, person.id if person else None
    reply.tags = names
    try:
        db.session.flush()
    except StaleDataError:
        raise ConflictError(
            gettext("Somebody else changed this macro meanwhile. Load it again and repeat your change.")
        ) from None
    return reply


def delete_reply(reply: CannedReply, *, actor: User) -> None:
    """Delete a reply: one's own, or the team's as a lead or admin. Raises PermissionDenied."""
    _ensure_may_edit(reply, reply.owner_id is None, actor)
    db.session.delete(reply)


def _parse_assignee(text: str) -> tuple[AssignTo | None, User | None]:
    if text in ("", "me", "none"):
        return {"": None, "me": AssignTo.me, "none": AssignTo.nobody}[text], None
    person = users.get_user(parse_id(text) or 0)
    return AssignTo.person, person if person is not None and person.is_team and person.is_active else None


def _ensure_may_edit(reply: CannedReply | None, shared: bool, actor: User) -> None:
    was_shared = reply is not None and reply.owner_id is None
    permissions.ensure(actor.is_team and actor.is_active, gettext("Only the team keeps macros."))
    permissions.ensure(
        not (shared or was_shared) or actor.is_lead,
        gettext("Leads and admins write the team's macros; keep this as your own."),
    )
    permissions.ensure(
        reply is None or was_shared or reply.owner_id == actor.id, gettext("This macro is somebody else's.")
    )


def _escape_value(value: str) -> str:
    """Escape Markdown in ``value``: a customer's name must not become a link or a heading in a reply."""
    return re.sub(r"([\\`*_\[\]<>~|])", r"\\\1", value)
