"""Drafts: what a person typed into a form, kept until it is sent, so that they find it on every device.

Each saving names the revision that it continues, and those that the same browser saved since then without an answer.
Two places that continue the same one never overwrite each other: the second learns what the first saved.
"""

import json
import re
import secrets
from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select, update

from helpdesk import clock
from helpdesk.database import insertion
from helpdesk.database.types import affected_rows
from helpdesk.domain import locking
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.extensions import db
from helpdesk.models.draft import Draft
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import lazy_gettext

MAX_DRAFTS = 200  # of one person, without those that are empty
MAX_LENGTH = 150_000  # characters of one draft; the longest text a form takes is a help article's
NAME_PATTERN = re.compile(r"[a-z]+(-[\w-]{1,80})?")
REVISION_PATTERN = re.compile(r"[a-z0-9]{8,32}")
CHANGED_ELSEWHERE = lazy_gettext("Somebody else changed this meanwhile. Reload the page and try again.")
NOT_KEPT = lazy_gettext("That did not work. What you wrote is still here; try again in a moment.")


def find_draft(user: User, name: str) -> Draft | None:
    """Return the draft of ``user`` for the form ``name``; an empty one was sent or emptied.

    What was begun as a note is not given to somebody who is not of the team any more.
    """
    draft = db.session.scalar(select(Draft).where(*_is(user, name)))
    return None if draft is None or (draft.is_note and not user.is_team) else draft


def save_draft(
    user: User,
    name: str,
    content: str,
    *,
    revision: str,
    continues: str = "",
    unanswered: Collection[str] = (),
    is_note: bool = False,
    ticket: Ticket | None = None,
) -> Draft:
    """Store ``content`` as the draft ``revision``, in place of the revision ``continues``; empty where nothing is left.

    A browser that left a page before it had an answer does not know whether its last savings are stored: it names them
    as ``unanswered``, and any of them is replaced as well.
    Saving the same revision again changes nothing. Raises ValidationError beyond a limit, ConflictError if the stored
    draft is another one or the ticket was erased, and PermissionDenied if the person was erased or merged meanwhile:
    nothing may be left of them then.
    """
    if not NAME_PATTERN.fullmatch(name) or not REVISION_PATTERN.fullmatch(revision) or not _is_valid(content):
        raise ValidationError(str(NOT_KEPT))
    if ticket is not None:
        locking.keep_ticket(ticket)
    if not locking.share_user(user).is_active:
        raise PermissionDenied(str(NOT_KEPT))
    values = {
        "content": content,
        "revision": revision,
        "is_note": is_note,
        "ticket_id": ticket.id if ticket else None,
        "updated_at": clock.now(),
    }
    if content and _count_others(user, name) >= MAX_DRAFTS:
        raise ValidationError(str(NOT_KEPT))
    stored = db.session.scalar(select(Draft).where(*_is(user, name)))
    if stored is not None and stored.is_note and not user.is_team:  # find_draft gives them none
        continues = stored.revision
    replaced = {each for each in (continues, *unanswered) if REVISION_PATTERN.fullmatch(each)}
    if not _replace(user, name, replaced, values):
        is_new = stored is None and insertion.insert_unless_exists(
            Draft(user_id=user.id, name=name, **values), ("user_id", "name")
        )
        if not is_new and (stored is None or stored.revision != revision):
            raise ConflictError(str(CHANGED_ELSEWHERE))
    return db.session.scalars(
        select(Draft).where(*_is(user, name)), execution_options={"populate_existing": True}
    ).one()


def empty_sent_draft(user: User, name: str, revision: str | None) -> None:
    """Empty the draft whose words are being sent; what was saved elsewhere since then stays."""
    if revision and REVISION_PATTERN.fullmatch(revision):
        values = {"content": "", "is_note": False, "revision": secrets.token_hex(12), "updated_at": clock.now()}
        _replace(user, name, {revision}, values)


def mark_sent(user: User, token: str) -> bool:
    """Note, in the transaction that stores what it says, that ``user`` sent the form with this token.

    False if it was sent before; one that is being sent in this moment is waited for.
    """
    sent = Draft(user_id=user.id, name=f"sent-{token}", content="", revision=secrets.token_hex(12))
    sent.updated_at = clock.now()
    return insertion.insert_unless_exists(sent, ("user_id", "name")) is not None


def _replace(user: User, name: str, revisions: Collection[str], values: dict[str, object]) -> bool:
    statement = update(Draft).where(*_is(user, name), Draft.revision.in_(revisions)).values(values)
    return affected_rows(db.session.execute(statement, execution_options={"synchronize_session": False})) == 1


def _is(user: User, name: str) -> tuple[ColumnElement[bool], ...]:
    return Draft.user_id == user.id, Draft.name == name


def _count_others(user: User, name: str) -> int:
    others = (Draft.user_id == user.id, Draft.name != name, Draft.content != "")
    return db.session.scalar(select(func.count()).select_from(Draft).where(*others)) or 0


def _is_valid(content: str) -> bool:
    """Whether it is empty, or the object of a form within the limit."""
    if not content:
        return True
    try:
        content.encode()  # half of a pair of surrogates is stored by no database
        return len(content) <= MAX_LENGTH and isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False
