"""What admins wrote, in further languages: names of forms, questions, options, canned replies, automatic sentences."""

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.database.types import Created, Id
from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, CONFIGURATION, IDENTIFIER


class ContentTranslation(Base):
    """The ``text`` for ``source`` in one language. ``part`` says what it is: the name of a form, an option.

    A text is found by what it says, as in a catalogue, and not by the row it stands in: every version of a form has its
    translations, the same option of two forms is translated once, and a text that was changed has none any more.
    ``digest`` is the SHA-256 of ``source``.
    """

    __tablename__ = "content_translations"
    personal_data = {
        "language": CODE,
        "part": CODE,
        "digest": IDENTIFIER,
        "source": CONFIGURATION,
        "text": CONFIGURATION,
    }

    id: Mapped[Id]
    language: Mapped[str] = mapped_column(String(10))
    part: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[Created]

    __table_args__ = (UniqueConstraint("language", "part", "digest"),)
