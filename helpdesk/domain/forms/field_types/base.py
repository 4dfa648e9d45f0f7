"""What a type of form field knows: how it is asked, read, checked, stored and shown."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from sqlalchemy import select

from helpdesk.extensions import db
from helpdesk.models.form import Field, Widget
from helpdesk.models.user import User

MAX_PEOPLE = 500  # of one organization, offered as an answer
TICKED = {"yes", "1", "on", "true"}
Choices = list[tuple[str, str]]


class InvalidAnswer(Exception):
    """What was given cannot be the answer; the exception's text says why, to the person who gave it."""


@dataclass
class AnswerContext:
    """Who answers, and whose ticket it is. Without ``asker`` a form is only previewed."""

    asker: User | None = None
    organization_id: int | None = None

    @cached_property
    def people(self) -> list[tuple[int, str]]:
        """The people to choose from, as (id, name): the organization's, or only the asker where they see no more.

        There are none before it is known whose ticket it is.
        """
        user = self.asker
        if user is None:
            return [(0, "A colleague")]
        if not user.is_team and user.ticket_visibility == "own":
            return [(user.id, user.display_name)]
        organization_id = self.organization_id or user.organization_id
        if organization_id is None:
            return []
        people = (
            select(User)
            .where(User.organization_id == organization_id, User.deactivated_at.is_(None))
            .order_by(User.name, User.id)
            .limit(MAX_PEOPLE)
        )
        return [(person.id, person.display_name) for person in db.session.scalars(people)]


class FieldType:
    """A type of field. A subclass sets ``name``, ``label`` and ``widget``, and overrides what is different about it.

    ``name`` is stored with each field (at most 16 characters) and never changes. ``label`` is what admins
    choose it by. ``widget`` says how it is entered: web pages and Slack each have one control a widget.
    ``input_format`` narrows a single line: text, url, email. ``position``: its place in the list of types.
    ``max_length``: of a text. ``has_options``: an admin lists the answers. ``has_default``: an admin may fill
    it in ahead. ``is_file``: the answers are uploads, which become attachments. ``is_link``: the stored text is
    shown as a link. ``can_control``: other fields may depend on its answer. ``blank_label``: the empty choice
    of a list; ``cleared_label``: the same where an answer can be taken away. ``missing_sentence``: what is said
    where a required answer is missing, with ``{label}`` in it.
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
    blank_label: ClassVar[str] = "Choose one"
    cleared_label: ClassVar[str] = "No answer"
    placeholder: ClassVar[str] = ""
    missing_sentence: ClassVar[str] = "Fill in {label}."

    def parse(self, field: Field, texts: list[str]) -> object:
        """The answer that ``texts`` mean, as a web form sends them: a value that fits in JSON; None for no answer.

        Raises InvalidAnswer. Whether people and files exist is the question of ``check``.
        """
        cleaned = [text for text in map(clean_text, texts) if text]
        return self.parse_texts(field, cleaned) if cleaned else None

    def parse_texts(self, field: Field, texts: list[str]) -> object:
        """The answer that ``texts`` mean: at least one, none of them empty. Raises InvalidAnswer."""
        return self.parse_text(field, texts[0])

    def parse_text(self, field: Field, text: str) -> object:
        """The answer that one text means. Raises InvalidAnswer."""
        if len(text) > self.max_length:
            raise InvalidAnswer(f"{field.label} has at most {self.max_length:,} characters; this is {len(text):,}.")
        return text

    def check(self, field: Field, value: object, context: AnswerContext) -> None:
        """Compare a parsed answer with the database. Raises InvalidAnswer."""

    def texts_from_json(self, value: object) -> list[str]:
        """A value of the API as the texts a web form would send. Raises InvalidAnswer."""
        return [_text_from_json(each) for each in (value if isinstance(value, list) else [value])]

    def texts_from_value(self, value: object) -> list[str]:
        """A stored answer, or what one element of a Slack form holds, as the texts a web form would send."""
        if value is None or value == "" or value is False:
            return []
        if isinstance(value, list):
            return [str(each) for each in value]
        return ["yes"] if value is True else [str(value)]

    def default_texts(self, field: Field) -> list[str]:
        """The default as the texts a web form would send."""
        return [field.default or ""] if self.has_default else []

    def choices(self, field: Field, context: AnswerContext) -> Choices:
        """The answers offered, as (value, label)."""
        return [(option, option) for option in field.options or ()]

    def display_value(self, field: Field, value: object) -> str:
        """The answer as people read it.

        It is stored beside the value: pages, Slack, search and CSV files show this text.
        """
        if isinstance(value, list):
            return ", ".join(map(str, value))
        return "Yes" if value is True else "" if value is None else str(value)

    def matches(self, value: object, wanted: str) -> bool:
        """Whether the answer ``value`` is the one that a dependent field waits for."""
        if isinstance(value, list):
            return wanted in value
        return wanted.lower() in TICKED if value is True else str(value) == wanted


def clean_text(text: str) -> str:
    """``text`` without NUL and surrounding spaces, its lines ending as on Unix."""
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def _text_from_json(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, str | int | float):
        return str(value).encode("utf-8", "replace").decode()
    raise InvalidAnswer("An answer is a text, a number, true, false, or a list of texts.")
