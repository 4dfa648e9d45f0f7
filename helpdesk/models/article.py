"""Help articles: answers that people find by themselves, in Markdown, by category and language."""

from enum import StrEnum

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, validates

from helpdesk.database.types import BigId, Created, Id, Time, one_of_condition
from helpdesk.extensions import Base
from helpdesk.markup import markdown_rendering, search_words
from helpdesk.models.personal_data import CODE, CONFIGURATION, RowDeleted


class Audience(StrEnum):
    """Who may read an article: everybody, or only people who are signed in."""

    public = "public"
    signed_in = "signed_in"


class Article(Base):
    """One article in one language, in Markdown. Without ``published_at`` it is a draft, which only the team sees.

    ``translation_of_id`` is the article of which this is a translation; None for an original. ``title_words`` and
    ``search_words`` are the words of the title, and of title and text, as a search compares them. ``helped`` and
    ``did_not_help`` count the answers to "Did this help?".
    """

    __tablename__ = "articles"
    personal_data = {
        "title": CONFIGURATION,
        "body": CONFIGURATION,
        "category": CONFIGURATION,
        "language": CODE,
        "audience": CODE,
        "title_words": CONFIGURATION,
        "search_words": CONFIGURATION,
    }

    id: Mapped[Id]
    translation_of_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("articles.id", ondelete="SET NULL"), index=True
    )
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(16))
    audience: Mapped[str] = mapped_column(String(16), default=Audience.signed_in)
    published_at: Mapped[Time | None]
    title_words: Mapped[str] = mapped_column(Text, default="")
    search_words: Mapped[str] = mapped_column(Text, default="")
    helped: Mapped[int] = mapped_column(default=0)
    did_not_help: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    updated_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id", ondelete="SET NULL"), index=True)

    __table_args__ = (CheckConstraint(one_of_condition("audience", Audience), name="audience"),)
    __mapper_args__ = {"version_id_col": version}

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @property
    def original_id(self) -> int:
        """The id of the article of which this is a translation; its own for an original."""
        return self.translation_of_id or self.id

    @validates("title", "body")
    def _set_search_words(self, key: str, value: str) -> str:
        texts = {"title": self.title or "", "body": self.body or "", key: value}
        self.title_words = search_words.join_words(texts["title"])
        plain = markdown_rendering.markdown_to_text(texts["body"])
        self.search_words = search_words.join_words(texts["title"], plain)
        return value


class ArticleVote(Base):
    """Whether an article helped a person who was signed in. Of others only the number is kept."""

    __tablename__ = "article_votes"
    personal_data = RowDeleted("user_id")

    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    helped: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[Created]
