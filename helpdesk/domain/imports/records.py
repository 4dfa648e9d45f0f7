"""The objects of an import file: organizations, people, and tickets with their messages and files."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, BinaryIO, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from helpdesk.domain.tickets.attachments import MAX_FILES
from helpdesk.domain.tickets.tags import MAX_TAGS
from helpdesk.models.message import MessageKind
from helpdesk.models.priorities import DEFAULT_PRIORITY, Priority
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH

MAX_LINE_BYTES = 64 * 1024 * 1024  # with the files that it contains
MIN_YEAR, MAX_YEAR = 1970, 2100
Reference = Annotated[str, Field(min_length=1, max_length=200)]


def _remove_nul(value: object) -> object:
    """Remove a character that other systems store and no database of ours takes."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    return [_remove_nul(each) for each in value] if isinstance(value, list) else value


def _check_year(value: datetime) -> datetime:
    if not MIN_YEAR <= value.year <= MAX_YEAR:
        raise ValueError(f"the year is between {MIN_YEAR} and {MAX_YEAR}")
    return value


Time = Annotated[AwareDatetime, AfterValidator(_check_year)]


class Record(BaseModel):
    """An object of the file: only the properties defined here. Numbers may stand for texts in references."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _has_no_nul(cls, values: object) -> object:
        return {name: _remove_nul(value) for name, value in values.items()} if isinstance(values, dict) else values


class OrganizationRecord(Record):
    """A company. One of the same name that is here already is taken instead, and is not changed."""

    type: Literal["organization"]
    id: Reference
    name: str = Field(min_length=1, max_length=200)
    domains: list[str] = []
    addresses: list[str] = []
    notes: str = ""


class PersonRecord(Record):
    """A customer, or an agent. One with the same address who is here already is taken instead, and is not changed."""

    type: Literal["person"]
    id: Reference
    email: str = Field(min_length=3, max_length=254)
    name: str = Field("", max_length=200)
    role: Literal["customer", "agent"] = "customer"
    organization: Reference | None = None
    time_zone: str | None = None


class FileRecord(Record):
    """A file of a message: ``path`` below the folder of the import file, or ``content`` in base64."""

    name: str = Field(min_length=1, max_length=300)
    media_type: str | None = None
    path: str | None = None
    content: str | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> "FileRecord":
        if (self.path is None) == (self.content is None):
            raise ValueError("a file has either a path or a content")
        return self


class MessageRecord(Record):
    """A reply or a note of a ticket."""

    id: Reference | None = None
    kind: MessageKind = MessageKind.reply
    author: Reference
    body: str
    created_at: Time
    files: list[FileRecord] = Field(default_factory=list, max_length=MAX_FILES)


class TicketRecord(Record):
    """A ticket with all its messages, the first of which is the requester's own words.

    ``number`` is kept if it is free here.
    """

    type: Literal["ticket"]
    id: Reference
    number: Annotated[int, Field(gt=0, lt=2**53)] | None = None
    subject: Annotated[str, Field(max_length=MAX_SUBJECT_LENGTH, pattern=r"\S")]
    requester: Reference
    assignee: Reference | None = None
    followers: list[Reference] = []
    status: Status = Status.closed
    tags: list[str] = Field(default_factory=list, max_length=MAX_TAGS)
    priority: Priority = Field(default_factory=lambda: Priority(DEFAULT_PRIORITY))
    created_at: Time
    updated_at: Time | None = None
    solved_at: Time | None = None
    closed_at: Time | None = None
    messages: list[MessageRecord] = Field(min_length=1)

    @model_validator(mode="after")
    def _begins_with_a_reply(self) -> "TicketRecord":
        if min(self.messages, key=lambda message: message.created_at).kind != MessageKind.reply:
            raise ValueError("the first message of a ticket, by its time, is a reply")
        return self

    @property
    def last_time(self) -> datetime:
        """When it changed last, as the file says, else when its last message was written."""
        return self.updated_at or max(message.created_at for message in self.messages)


AnyRecord = OrganizationRecord | PersonRecord | TicketRecord
_adapter: TypeAdapter[AnyRecord] = TypeAdapter(Annotated[AnyRecord, Field(discriminator="type")])


def read_records(stream: BinaryIO) -> Iterator[tuple[int, AnyRecord | str]]:
    """The number and the object of each line that is not empty; a sentence in place of an object that is none."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            yield number, f"The line is longer than {MAX_LINE_BYTES // 1024**2} MB. Give large files by their path."
            return
        if line.strip(b" \t\r\n\xef\xbb\xbf"):
            yield number, _parse(line)


def _parse(line: bytes) -> AnyRecord | str:
    try:
        return _adapter.validate_json(line.lstrip(b"\xef\xbb\xbf"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        message = first["msg"][:1].lower() + first["msg"][1:]
        return f"{place}: {message}." if place else f"This is no object of the format: {message}."
