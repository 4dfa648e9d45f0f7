"""What the team should know about a person or an organization: a text that customers never see."""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import undefer

from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organizations, permissions
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

MAX_LENGTH = 10_000  # characters


def write_notes(about: User | Organization, text: str, *, seen: str, actor: User) -> None:
    """Replace the notes about a person or an organization.

    ``seen``: the version (``get_version``) that the editor saw. Raises PermissionDenied, ValidationError, and
    ConflictError if somebody else has changed the notes meanwhile.
    """
    permissions.ensure(actor.is_team and actor.is_active, gettext("Only the team writes these notes."))
    text = text.replace("\r\n", "\n").strip()
    if len(text) > MAX_LENGTH:
        raise ValidationError(
            gettext("Notes have at most %(count)s characters.", count=format_number(MAX_LENGTH)), "notes"
        )
    columns = ["notes", "version"] if isinstance(about, Organization) else ["notes"]
    db.session.refresh(about, columns, with_for_update=True)
    if text == about.notes:
        return
    if seen != get_version(about.notes):
        raise ConflictError(
            gettext("Somebody else has changed these notes meanwhile. Theirs stand above, yours below."), "notes"
        )
    if isinstance(about, Organization):
        organizations.update_organization(about, version=about.version, actor=actor, notes=text)
        return
    about.notes = text
    audit_log.add_entry("changed the notes about a person", actor, about.email, about.organization_id)


def get_version(notes: str) -> str:
    """Return a short name for these notes as they are."""
    return hashlib.sha256(notes.encode()).hexdigest()[:16]


def list_former(user: User) -> list[tuple[str, str]]:
    """Return the notes about people who were merged into ``user``, as (name, notes)."""
    query = select(User).where(User.merged_into_id == user.id, User.notes != "").order_by(User.id)
    return [(each.display_name, each.notes) for each in db.session.scalars(query.options(undefer(User.notes)))]
