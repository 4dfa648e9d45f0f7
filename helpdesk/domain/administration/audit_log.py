"""The audit log: who changed settings, access or identities, and who signed in or was refused.

Entries are only added, and written to the program's log as well, with hashes for addresses and without names. Those
about sign-ins are removed after some days (``privacy.row_retention``); all others stay unless a setting says otherwise.
"""

import json
import logging
import re
from datetime import datetime
from typing import Any

from sqlalchemy import event, inspect, select, tuple_
from sqlalchemy.orm import Session, SessionTransaction

from helpdesk import key_derivation
from helpdesk.database.any_case import contains_text
from helpdesk.extensions import db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.user import User

PAGE_SIZE = 50
SIGNED_IN, SIGNED_OUT, SIGN_IN_REFUSED, WRONG_CODE = (
    "signed in",
    "signed out",
    "was refused a sign-in",
    "gave a wrong code",
)
ENDED_SESSIONS, MANY_REQUESTS = "ended sessions", "asked for too many sign-in links"
APPROVED_SIGN_IN = "approved a sign-in in another browser"
PAUSED_LINKS, PROVED_AGAIN = "paused sign-in links", "proved who they are again"
ROUTINE_ACTIONS = (
    SIGNED_IN,
    SIGNED_OUT,
    SIGN_IN_REFUSED,
    WRONG_CODE,
    ENDED_SESSIONS,
    MANY_REQUESTS,
    PAUSED_LINKS,
    APPROVED_SIGN_IN,
    PROVED_AGAIN,
)
ADDRESS = re.compile(r"[^\s@<>\"',;:]{1,64}@[^\s@<>\"',;:]{1,255}")
WAITING_KEY = "audit_lines"  # in the session's ``info``: what is logged after the commit
log = logging.getLogger("helpdesk.audit")


def add_entry(
    action: str, actor: User | None, subject: str, organization_id: int | None = None, **details: Any
) -> AuditEntry:
    """Add one entry. ``action`` is a short text ("changed role"), ``subject`` names what was changed.

    ``details`` must be JSON values without secrets. Without ``actor`` it was the command line or the helpdesk itself.
    """
    entry = AuditEntry(
        action=action,
        actor_id=actor.id if actor and actor.id else None,
        actor_name=actor.display_name if actor else "",
        subject=subject[:200],
        organization_id=organization_id,
        details=details,
    )
    db.session.add(entry)
    db.session.flush()
    values = {"action": action, "actor": entry.actor_id, "subject": entry.subject, "organization": organization_id}
    named = {key: value for key, value in details.items() if key != "name"}
    line = json.dumps(pseudonymize({"entry": entry.id, **values, **named}), default=str)
    db.session().info.setdefault(WAITING_KEY, []).append((entry, line))
    return entry


@event.listens_for(db.session, "after_commit")
def _write_lines(session: Session) -> None:
    """Log the entries that are stored now: what was only tried, such as the preview of an import, was not done."""
    if not session.in_nested_transaction():
        for entry, line in session.info.pop(WAITING_KEY, ()):
            if inspect(entry).persistent:  # not one of a savepoint that was rolled back
                log.info("%s", line)


@event.listens_for(db.session, "after_soft_rollback")
def _discard_lines(session: Session, previous_transaction: SessionTransaction) -> None:
    if not previous_transaction.nested:
        session.info.pop(WAITING_KEY, None)


def pseudonymize(value: Any) -> Any:
    """``value`` (JSON) with a short keyed hash for each address: nothing of what was logged can be erased later.

    The same address has the same hash, so that lines about it can be compared.
    """
    if isinstance(value, dict):
        return {key: pseudonymize(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [pseudonymize(each) for each in value]
    if not isinstance(value, str):
        return value
    return ADDRESS.sub(lambda found: f"address:{_hash_address(found[0])}", value)


def _hash_address(address: str) -> str:
    return key_derivation.sign(key_derivation.Purpose.AUDIT_PSEUDONYM, address.lower()).hex()[:16]


def list_entries(
    *,
    words: str = "",
    organization_id: int | None = None,
    before: tuple[datetime, int] | None = None,
    size: int = PAGE_SIZE,
) -> list[AuditEntry]:
    """At most ``size`` entries, newest first; ``before`` is the (at, id) of the last entry of the previous page."""
    query = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(size)
    if organization_id is not None:
        query = query.where(AuditEntry.organization_id == organization_id)
    if words:
        query = query.where(
            AuditEntry.action.icontains(words, autoescape=True)
            | contains_text(AuditEntry.subject, words)
            | contains_text(AuditEntry.actor_name, words)
        )
    if before is not None:
        query = query.where(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(before[0], before[1]))
    return list(db.session.scalars(query))
