"""Texts to answer with: the team's and one's own. Variables are filled in when one is chosen, never later."""

import re

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm.exc import StaleDataError

from helpdesk import clock, urls
from helpdesk.domain import permissions, settings
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.desk import CannedReply
from helpdesk.models.people import User
from helpdesk.models.tickets import Status, Ticket

VARIABLES = {
    "requester": "Full name of the requester",
    "first_name": "First name of the requester",
    "organization": "The requester's organization",
    "agent": "Your name",
    "team": "The team's name",
    "number": "The ticket's number",
    "subject": "The ticket's subject",
    "link": "Address of the ticket",
}
LONGEST_TITLE = 80
LONGEST_BODY = 10_000
MAY_SET = (Status.in_progress, Status.pending, Status.on_hold, Status.solved)
_reply = CannedReply.__table__
TITLES = (
    select(_reply.c["id", "title"])
    .where(or_(_reply.c.owner_id.is_(None), _reply.c.owner_id == bindparam("user_id")))
    .order_by(_reply.c.title, _reply.c.id)
)
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def available(user: User) -> list[CannedReply]:
    """The team's and ``user``'s own, by title."""
    mine = or_(CannedReply.owner_id.is_(None), CannedReply.owner_id == user.id)
    return list(db.session.scalars(select(CannedReply).where(mine).order_by(CannedReply.title, CannedReply.id)))


def titles(user: User) -> list[tuple[int, str]]:
    """The id and title of each, to choose from."""
    return [tuple(row) for row in db.session.execute(TITLES, {"user_id": user.id})]


def find(user: User, reply_id: int) -> CannedReply | None:
    """The reply with this id if ``user`` may use it."""
    reply = db.session.get(CannedReply, reply_id)
    return reply if reply and user.is_team and reply.owner_id in (None, user.id) else None


def fill(reply: CannedReply, ticket: Ticket, agent: User) -> str:
    """The Markdown to send: variables replaced by ``ticket``'s and ``agent``'s own, with what Markdown would read escaped."""
    name = ticket.requester.display_name
    values = {
        "requester": name,
        "first_name": name.split()[0] if name.split() else name,
        "organization": ticket.organization.name,
        "agent": agent.display_name,
        "team": settings.get("team_name"),
        "number": f"#{ticket.number}",
        "subject": ticket.subject,
        "link": urls.ticket(ticket.number),
    }
    written = {name: value if name == "link" else _plain(value) for name, value in values.items()}
    return VARIABLE.sub(lambda found: written.get(found[1], found[0]), reply.body)


def save(
    reply: CannedReply | None,
    *,
    title: str,
    body: str,
    actor: User,
    shared: bool,
    status: str = "",
    version: int | None = None,
) -> CannedReply:
    """Write a reply down, a new one where ``reply`` is None. Raises Invalid with every field's sentence, and Conflict where
    somebody else changed it since ``version``."""
    _require_author(reply, shared, actor)
    title, body = " ".join(title.split()), body.replace("\r\n", "\n").strip()
    errors = {}
    if not title or len(title) > LONGEST_TITLE:
        errors["title"] = f"A title has between 1 and {LONGEST_TITLE} characters."
    if not body or len(body) > LONGEST_BODY:
        errors["body"] = f"A reply has between 1 and {LONGEST_BODY:,} characters."
    unknown = sorted({name for name in VARIABLE.findall(body) if name not in VARIABLES})
    if unknown and "body" not in errors:
        errors["body"] = f"There is no variable {{{{{unknown[0]}}}}}."
    if status and status not in MAY_SET:
        errors["status"] = "A reply sets no such status."
    if errors:
        raise Invalid("Some answers need another look.", errors=errors)
    if reply is None:
        reply = CannedReply()
        db.session.add(reply)
    elif version is not None and version != reply.version:
        raise Conflict("Somebody else changed this reply meanwhile. Load it again and repeat your change.")
    reply.owner_id = None if shared else actor.id
    reply.title, reply.body, reply.status, reply.updated_at = title, body, status or None, clock.now()
    try:
        db.session.flush()
    except StaleDataError:
        raise Conflict("Somebody else changed this reply meanwhile. Load it again and repeat your change.") from None
    return reply


def delete(reply: CannedReply, *, actor: User) -> None:
    """One's own; the team's for leads and admins."""
    _require_author(reply, reply.owner_id is None, actor)
    db.session.delete(reply)


def _require_author(reply: CannedReply | None, shared: bool, actor: User) -> None:
    was_shared = reply is not None and reply.owner_id is None
    permissions.require(actor.is_team and actor.is_active, "Only the team keeps replies.")
    permissions.require(
        not (shared or was_shared) or actor.is_lead, "Leads and admins write the team's replies; keep this as your own."
    )
    permissions.require(reply is None or was_shared or reply.owner_id == actor.id, "This reply is somebody else's.")


def _plain(value: str) -> str:
    """A value as plain words: a customer's own name must not become a link or a heading in our reply."""
    return re.sub(r"([\\`*_\[\]<>~|])", r"\\\1", value)
