"""Base of the types of form fields: input, parsing, validation, storage and display of answers."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from sqlalchemy import select

from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.form import Field, Widget
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, lazy_gettext

MAX_PEOPLE = 500  # of one organization that a person field offers
TICKED = {"yes", "1", "on", "true"}
Choices = list[tuple[str, str]]


class InvalidAnswer(Exception):
    """The input is not a valid answer. The text of the exception is shown to the person who gave it."""


@dataclass
class AnswerContext:
    """Who answers, and the organization of the ticket. Without ``asker`` the form is a preview."""

    asker: User | None = None
    organization_id: int | None = None

    @cached_property
    def people(self) -> list[tuple[int, str]]:
        """The people to choose from, as (id, name): the organization's, or only the asker if they see only own tickets.

        Empty while the organization is unknown.
        """
        user = self.asker
        if user is None:
            return [(0, gettext("A colleague"))]
        if not user.is_team and user.ticket_visibility == "own":
            return [(user.id, user.display_name)]
        organization_id = self.organization_id or user.organization_id
        if organization_id is None:
            return []
        people = (
            select(User)
            .where(User.organization_id == organization_id, User.deactivated_at.is_(None))
            .order_by(User.search_words, User.id)
            .limit(MAX_PEOPLE)
        )
        choices = [(person.id, person.display_name) for person in db.session.scalars(people)]
        return sort_by_name(choices, lambda choice: choice[1])


class FieldType:
    """A type of field. A subclass sets ``name``, ``label`` and ``widget``, and overrides what is different about it.

    ``name`` is stored with each field (at most 16 characters) and never changes. ``label`` is its name for admins.
    ``widget``: the control it is entered with; web pages and Slack each have one for every widget. ``input_format``
    restricts a single line: text, url, email. ``position``: its place in the list of types. ``max_length``: characters
    of a text. ``has_options``: an admin lists the answers. ``has_default``: an admin may set a default. ``is_file``:
    the answers are uploads, which become attachments. ``is_link``: the stored text is shown as a link. ``can_control``:
    other fields may depend on its answer. ``blank_label``: the empty choice of a list; ``cleared_label``: the same if
    an answer can be removed. ``missing_sentence``: the error for a missing required answer, with ``{label}`` in it.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    widget: ClassVar[Widget]
    input_format: ClassVar[str] = "text"
    position: ClassVar[int] = 1000
    max_length: ClassVar[int] = 500
    has_options: ClassVar[bool] = False
    has_default: ClassVar[bool] = True
    is_file: ClassVar[bool] = False
    is_link: ClassVar[bool] = False
    can_control: ClassVar[bool] = True
    blank_label: ClassVar[str] = lazy_gettext("Choose one")
    cleared_label: ClassVar[str] = lazy_gettext("No answer")
    placeholder: ClassVar[str] = ""
    missing_sentence: ClassVar[str] = lazy_gettext("Fill in {label}.")

    def parse(self, field: Field, texts: list[str]) -> object:
        """Parse ``texts``, as a web form sends them, into a value that JSON can represent; None for no answer.

        Raises InvalidAnswer. ``check`` tests whether people and files exist.
        """
        cleaned = [text for text in map(clean_text, texts) if text]
        return self.parse_texts(field, cleaned) if cleaned else None

    def parse_texts(self, field: Field, texts: list[str]) -> object:
        """Parse at least one text, none of them empty. Raises InvalidAnswer."""
        return self.parse_text(field, texts[0])

    def parse_text(self, field: Field, text: str) -> object:
        """Parse one text. Raises InvalidAnswer."""
        if len(text) > self.max_length:
            raise InvalidAnswer(
                gettext(
                    "%(field)s has at most %(most_length)s characters; this is %(count)s.",
                    field=read_label(field),
                    most_length=format_number(self.max_length),
                    count=format_number(len(text)),
                )
            )
        return text

    def check(self, field: Field, value: object, context: AnswerContext) -> None:
        """Check a parsed answer against the database. Raises InvalidAnswer."""

    def texts_from_json(self, value: object) -> list[str]:
        """Convert a value of the API to the texts a web form would send. Raises InvalidAnswer."""
        return [_text_from_json(each) for each in (value if isinstance(value, list) else [value])]

    def texts_from_value(self, value: object) -> list[str]:
        """Convert a stored answer, or the value of an element of a Slack form, to the texts a web form would send."""
        if value is None or value == "" or value is False:
            return []
        if isinstance(value, list):
            return [str(each) for each in value]
        return ["yes"] if value is True else [str(value)]

    def default_texts(self, field: Field) -> list[str]:
        """Return the default as the texts a web form would send."""
        return [field.default or ""] if self.has_default else []

    def choices(self, field: Field, context: AnswerContext) -> Choices:
        """Return the answers offered, as (value, label); the label is in the reader's language."""
        return [(option, translate_content(option, Part.option)) for option in field.options or ()]

    def display_value(self, field: Field, value: object) -> str:
        """Return the answer as text, which is stored with the value: search, the API and CSV files have it.

        It says what the form says, in the language in which its admins wrote it.
        """
        if isinstance(value, list):
            return ", ".join(map(str, value))
        return gettext("Yes") if value is True else "" if value is None else str(value)

    def translate_answer(self, value: object, text: str) -> str:
        """Return a stored answer as it is shown in the reader's language. ``text``: what is stored of it."""
        if value is True:
            return gettext("Yes")
        return translate_content(text, Part.option) if self.has_options else text

    def matches(self, value: object, wanted: str) -> bool:
        """Whether the answer ``value`` meets the condition ``wanted`` of a dependent field."""
        if isinstance(value, list):
            return wanted in value
        return wanted.lower() in TICKED if value is True else str(value) == wanted


def read_label(field: Field) -> str:
    """Return the question of ``field`` in the reader's language."""
    return translate_content(field.label, Part.field)


def clean_text(text: str) -> str:
    """Return ``text`` without NUL and surrounding spaces, with Unix line ends."""
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def _text_from_json(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, str | int | float):
        return str(value).encode("utf-8", "replace").decode()
    raise InvalidAnswer(gettext("An answer is a text, a number, true, false, or a list of texts."))
