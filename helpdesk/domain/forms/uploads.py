"""Files that somebody has uploaded and not sent yet: they belong to no message, and wait for a form or a reply."""

from sqlalchemy import Select, select

from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.user import User


def pending_uploads(keys: list[str], uploader: User) -> list[Attachment]:
    """Those of ``uploader``'s drafts with these keys that are still there, to list them in a form again."""
    return (
        list(
            db.session.scalars(pending_uploads_query(uploader).where(Attachment.key.in_(keys)).order_by(Attachment.id))
        )
        if keys
        else []
    )


def pending_uploads_query(uploader: User) -> Select[tuple[Attachment]]:
    """The query for them."""
    return select(Attachment).where(
        Attachment.uploader_id == uploader.id, Attachment.message_id.is_(None), Attachment.state == "stored"
    )
