"""Drafts: what somebody typed into a form and has not sent yet."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import RowDeleted


class Draft(Base):
    """What one person typed into the form ``name``; only they ever read it.

    A form that is sent once leaves an empty draft, named by its token (``domain.people.drafts.mark_sent``).
    ``content``: a JSON object of the form's fields as the browser names them; empty once it was sent or emptied.
    ``revision``: made by the browser for each saving, so that it recognises its own. ``is_note``: it holds what was
    begun as a note, so it is only for somebody of the team. ``ticket_id``: the ticket whose form it is.
    """

    __tablename__ = "drafts"
    personal_data = RowDeleted("user_id")

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    content: Mapped[str] = mapped_column(Text)
    revision: Mapped[str] = mapped_column(String(32))
    is_note: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[Created] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("user_id", "name"),)
