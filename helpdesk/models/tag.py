"""Tags: the team's own words for kinds of tickets."""

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from helpdesk.database.types import BigId, Created, Id, Time, partial_index_not_null
from helpdesk.extensions import Base
from helpdesk.markup import search_words
from helpdesk.models.personal_data import ErasedBy

MAX_TAG_LENGTH = 40


class Tag(Base):
    """A tag by its one ``name``, in lower case. Only the team sees it.

    ``search_words``: the words of its name, as a search of the team compares them.
    ``ended_at``: it was removed, or merged into the tag ``merged_into_id``, and a job takes it off the tickets that
    still have it. ``renamed_at``: tickets that changed before have to be read again, with its present name.
    """

    __tablename__ = "tags"
    personal_data = {"name": ErasedBy("erase_from_tags"), "search_words": ErasedBy("erase_from_tags")}

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(MAX_TAG_LENGTH))
    search_words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Created]
    renamed_at: Mapped[Time | None]
    ended_at: Mapped[Time | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id", ondelete="SET NULL"))

    __table_args__ = (UniqueConstraint("name"), partial_index_not_null("tags", "merged_into_id"))

    @validates("name")
    def _set_search_words(self, key: str, value: str) -> str:
        self.search_words = search_words.join_words(value)
        return value


class TicketTag(Base):
    """A tag that a ticket has."""

    __tablename__ = "ticket_tags"

    ticket_id: Mapped[int] = mapped_column(BigId, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(BigId, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_ticket_tags_tag", "tag_id", "ticket_id"),)
