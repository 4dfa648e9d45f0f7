"""The audit log: who changed settings, access or identities. Entries are only added, never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_

from helpdesk.extensions import db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.user import User

PAGE_SIZE = 50


def add_entry(
    action: str, actor: User | None, subject: str, organization_id: int | None = None, **details: Any
) -> AuditEntry:
    """Add one entry. ``action`` is a short text ("changed role"), ``subject`` names what was changed.

    ``details`` must be JSON values. Without ``actor`` it was the command line or the helpdesk itself.
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
    return entry


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
            | AuditEntry.subject.icontains(words, autoescape=True)
            | AuditEntry.actor_name.icontains(words, autoescape=True)
        )
    if before is not None:
        query = query.where(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(before[0], before[1]))
    return list(db.session.scalars(query))
