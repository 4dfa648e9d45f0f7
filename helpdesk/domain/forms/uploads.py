"""Pending uploads: files that a user uploaded but has not yet sent with a form or a reply."""

from sqlalchemy import Select, select

from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.user import User


def pending_uploads(keys: list[str], uploader: User) -> list[Attachment]:
    """Return the pending uploads of ``uploader`` with these keys, oldest first."""
    return (
        list(
            db.session.scalars(pending_uploads_query(uploader).where(Attachment.key.in_(keys)).order_by(Attachment.id))
        )
        if keys
        else []
    )


def pending_uploads_query(uploader: User) -> Select[Attachment]:
    """Return the query of all pending uploads of ``uploader``."""
    return select(Attachment).where(
        Attachment.uploader_id == uploader.id,
        Attachment.message_id.is_(None),
        Attachment.state.in_(("stored", "scanning")),
    )
