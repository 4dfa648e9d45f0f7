"""Every request and response of the API, defined once for validation, serialization and the OpenAPI description."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from helpdesk.domain.representations import Attachment, Message, Person, Representation, TicketDetails
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.domain.tickets.attachments import MAX_FILES
from helpdesk.models.message import MessageKind
from helpdesk.models.priorities import DEFAULT_PRIORITY, Priority
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
MAX_BODY_LENGTH = 40_000


def _storable(text: str) -> str:
    """Return ``text`` if every database can store it. Raises ValueError."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("This text cannot be used.")
    return text


def _only_digits(value: object) -> object:
    """Refuse numbers with sign, spaces or underscores, which ``int`` would accept. Raises ValueError."""
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError(f"This is a whole number from 1 to {MAX_PAGE_SIZE}.")
    return value


Text = Annotated[str, AfterValidator(_storable)]
Slug = Annotated[str, Field(pattern="^[a-z0-9-]{1,80}$")]
FileKeys = Annotated[
    list[Text], Field(default_factory=list, max_length=MAX_FILES, description="Keys of uploaded files.")
]
Sort = Literal[tuple(sort for sort in agent_queue.SORT_LABELS if sort)]


class Ticket(TicketDetails):
    """A ticket with its times and the answers of its form. ``changed_at``: the last change of any kind."""

    holder: Literal["team", "customer", "third_party"] | None = Field(validation_alias="waiting_on")
    created_at: datetime
    updated_at: datetime
    changed_at: datetime = Field(validation_alias="last_change")
    first_response_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None


class Organization(Representation):
    """A customer organization."""

    slug: str
    name: str
    domains: Annotated[list[str], BeforeValidator(lambda rows: [row.domain for row in rows])]
    portal_enabled: bool
    created_at: datetime


class RequestBody(BaseModel):
    """A JSON object in a request: only the properties defined here, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewTicket(RequestBody):
    """A ticket to be created for a customer."""

    requester: Text = Field(min_length=3, max_length=254, description="A customer's address.")
    subject: Text = Field(min_length=1, max_length=MAX_SUBJECT_LENGTH)
    body: Text = Field(min_length=1, max_length=MAX_BODY_LENGTH)
    priority: Priority = DEFAULT_PRIORITY
    form: Text = Field("", max_length=80, description="A form's slug.")
    answers: dict[str, Any] = Field(
        default_factory=dict, description="By the key of each field; an option as the original form says it."
    )
    attachments: FileKeys


class TicketChange(RequestBody):
    """Changes of a ticket; omitted properties stay. ``model_fields_set`` contains those that were sent."""

    status: Status = Field(default_factory=lambda: None)  # a factory, so that null is no valid value
    priority: Priority = Field(default_factory=lambda: None)
    assignee: Text | None = Field(None, description="An address, or null for nobody.")
    requester: Text = Field(
        default_factory=lambda: None, max_length=254, description="The address of somebody of the same organization."
    )


class NewMessage(RequestBody):
    """A reply or a note to be added."""

    kind: MessageKind = MessageKind.reply
    body: Text = Field(min_length=1, max_length=MAX_BODY_LENGTH)
    attachments: FileKeys


class NoParameters(BaseModel):
    """A request without query parameters."""

    model_config = ConfigDict(extra="forbid")


class PageParameters(NoParameters):
    """The page of a list."""

    after: str | None = Field(None, pattern="^[A-Za-z0-9_-]{0,1000}$", description="`next` of the page before.")
    limit: Annotated[int, BeforeValidator(_only_digits)] = Field(DEFAULT_PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE)


class TicketParameters(PageParameters):
    """Filters and order of tickets: the latest activity first unless ``sort`` is given."""

    q: Text | None = Field(None, max_length=200, description="Words to search for.")
    status: Status | None = None
    priority: Priority | None = None
    organization: Slug | None = Field(None, description="An organization's slug.")
    assignee: str | None = Field(None, pattern="^(none|me|[0-9]{1,18})$", description="`none`, `me`, or a user's id.")
    form: Slug | None = Field(None, description="A form's slug.")
    requester: Text | None = Field(None, max_length=254, description="A customer's address.")
    updated_since: AwareDatetime | None = Field(
        None, description="Only tickets changed at or after this time, in the order of their last change."
    )
    sort: Sort | None = Field(None, description="Latest activity first unless given.")


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). ``detail`` is a sentence, ``errors`` has one for each invalid field."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: dict[str, Any] | None = None


ANSWERS = (Person, Organization, Ticket, Message, Attachment)
REQUEST_BODIES = (NewTicket, TicketChange, NewMessage)
