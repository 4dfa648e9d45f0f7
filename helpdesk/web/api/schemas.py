"""Every request and response of the API, defined once for validation, serialization and the OpenAPI description."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from helpdesk.domain.representations import (
    Attachment,
    Message,
    OrganizationReference,
    Person,
    Representation,
    TicketDetails,
)
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.domain.tickets.attachments import MAX_FILES
from helpdesk.domain.tickets.tags import MAX_TAGS
from helpdesk.models.message import MessageKind
from helpdesk.models.priorities import DEFAULT_PRIORITY, Priority
from helpdesk.models.statuses import Status
from helpdesk.models.tag import MAX_TAG_LENGTH
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH
from helpdesk.models.user import Role

INVALID_REQUEST = "The request does not fit the description at /api/openapi.json."
DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 100
MAX_BODY_LENGTH = 40_000
MAX_EXPANDED_MESSAGES = 100  # of one ticket
MAX_EXPANDED_TICKETS = 25  # of one page, with messages


def _storable(text: str) -> str:
    """Return ``text`` if every database can store it. Raises ValueError."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("This text cannot be used.")
    return text


def _to_utc(moment: datetime) -> datetime:
    """Return ``moment`` in UTC. Raises ValueError if there it is outside of the years 1 to 9999."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("This is a time from the year 1 to the year 9999.") from None


def _only_digits(value: object) -> object:
    """Refuse numbers with sign, spaces or underscores, which ``int`` would accept. Raises ValueError."""
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError(f"This is a whole number from 1 to {MAX_PAGE_SIZE}.")
    return value


WORDS_PATTERN = "^[a-z_]+(,[a-z_]+)*$"
MAX_FIELDS_LENGTH = 400
EXPANDABLE = "messages|requester|assignee|organization"
Text = Annotated[str, AfterValidator(_storable)]
Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
Slug = Annotated[str, Field(pattern="^[a-z0-9-]{1,80}$")]
FileKeys = Annotated[
    list[Text], Field(default_factory=list, max_length=MAX_FILES, description="Keys of uploaded files.")
]
TagName = Annotated[Text, Field(min_length=1, max_length=MAX_TAG_LENGTH)]
TagNames = Annotated[list[TagName], Field(max_length=MAX_TAGS)]
Sort = Literal[tuple(sort for sort in agent_queue.SORT_LABELS if sort)]


PERSON_DETAILS = ("id", "role", "organization", "is_active", "time_zone", "language", "created_at")
ORGANIZATION_DETAILS = ("domains", "portal_enabled", "created_at")
Domains = Annotated[list[str], BeforeValidator(lambda rows: [row.domain for row in rows])]
OrganizationSlug = Annotated[str | None, BeforeValidator(lambda row: row.slug if row is not None else None)]


def _expanded(name: str) -> Any:
    """A property that no row fills: ``expansion`` does, where it is asked for; otherwise it is in no answer."""
    return Field(default_factory=lambda: None, validation_alias=f"expanded_{name}")


class PersonDetails(Person):
    """A person. ``organization``: the slug of a customer's organization."""

    id: int
    role: Role
    organization: OrganizationSlug
    is_active: bool
    time_zone: str | None
    language: str | None
    created_at: datetime


class TicketPerson(Person):
    """A person of a ticket; everything but name and address only if it is expanded."""

    id: int = _expanded("id")
    role: Role = _expanded("role")
    organization: str | None = _expanded("organization")
    is_active: bool = _expanded("is_active")
    time_zone: str | None = _expanded("time_zone")
    language: str | None = _expanded("language")
    created_at: datetime = _expanded("created_at")


class TicketOrganization(OrganizationReference):
    """The organization of a ticket; everything but slug and name only if it is expanded."""

    domains: list[str] = _expanded("domains")
    portal_enabled: bool = _expanded("portal_enabled")
    created_at: datetime = _expanded("created_at")


class Ticket(TicketDetails):
    """A ticket with its times, its tags and the answers of its form. ``changed_at``: the last change of any kind."""

    organization: TicketOrganization
    requester: TicketPerson
    assignee: TicketPerson | None

    holder: Literal["team", "customer", "third_party"] | None = Field(validation_alias="waiting_on")
    created_at: datetime
    updated_at: datetime
    changed_at: datetime = Field(validation_alias="last_change")
    first_response_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    messages: list[Message] = Field(
        default_factory=list,
        validation_alias="expanded_messages",  # no row has it
        description=f"Only with `expand=messages`: the newest {MAX_EXPANDED_MESSAGES}, oldest first.",
    )


class Tag(Representation):
    """A tag that tickets can have."""

    name: str
    created_at: datetime


class Organization(Representation):
    """A customer organization."""

    slug: str
    name: str
    domains: Domains
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
    tags: TagNames = Field(default_factory=list, description="Lower case; spaces become hyphens.")
    attachments: FileKeys


class TicketChange(RequestBody):
    """Changes of a ticket; omitted properties stay. ``model_fields_set`` contains those that were sent."""

    status: Status = Field(default_factory=lambda: None)  # a factory, so that null is no valid value
    priority: Priority = Field(default_factory=lambda: None)
    assignee: Text | None = Field(None, description="An address, or null for nobody.")
    requester: Text = Field(
        default_factory=lambda: None, max_length=254, description="The address of somebody of the same organization."
    )
    tags: TagNames = Field(default_factory=lambda: None, description="The only tags it shall have.")
    add_tags: TagNames = Field(default_factory=list, description="Tags it shall have besides the others.")
    remove_tags: TagNames = Field(default_factory=list, description="Tags it shall have no longer.")


class NewMessage(RequestBody):
    """A reply or a note to be added."""

    kind: MessageKind = MessageKind.reply
    body: Text = Field(min_length=1, max_length=MAX_BODY_LENGTH)
    attachments: FileKeys


class NoParameters(BaseModel):
    """A request without query parameters."""

    model_config = ConfigDict(extra="forbid")


class FieldsParameters(NoParameters):
    """One row of which not every property is read."""

    fields: str | None = Field(
        None,
        pattern=WORDS_PATTERN,
        max_length=MAX_FIELDS_LENGTH,
        description="Names of properties, separated by commas: the answer has only these.",
    )


class ExpandParameters(FieldsParameters):
    """One ticket of which more is read."""

    expand: str | None = Field(
        None,
        pattern=f"^({EXPANDABLE})(,({EXPANDABLE}))*$",
        max_length=200,
        description="`messages`, `requester`, `assignee`, `organization`, separated by commas: with their details.",
    )


class PageParameters(NoParameters):
    """The page of a list."""

    after: str | None = Field(None, pattern="^[A-Za-z0-9_-]{0,1000}$", description="`next` of the page before.")
    limit: Annotated[int, BeforeValidator(_only_digits)] = Field(DEFAULT_PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE)


class FieldsPageParameters(PageParameters, FieldsParameters):
    """The page of a list, of whose rows not every property is read."""


class TicketParameters(PageParameters, ExpandParameters):
    """Filters and order of tickets: the latest activity first unless ``sort`` is given."""

    q: Text | None = Field(None, max_length=200, description="Words to search for.")
    status: Status | None = None
    priority: Priority | None = None
    organization: Slug | None = Field(None, description="An organization's slug.")
    assignee: str | None = Field(None, pattern="^(none|me|[0-9]{1,18})$", description="`none`, `me`, or a user's id.")
    form: Slug | None = Field(None, description="A form's slug.")
    tag: Text | None = Field(None, max_length=MAX_TAG_LENGTH, description="The name of a tag.")
    requester: Text | None = Field(None, max_length=254, description="A customer's address.")
    updated_since: Moment | None = Field(
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


def list_properties(schema: type[BaseModel]) -> list[str]:
    """The names of the properties of ``schema`` in answers."""
    return [*schema.model_fields, *schema.model_computed_fields]


ANSWERS = (PersonDetails, Organization, Ticket, Message, Attachment, Tag)
REQUEST_BODIES = (NewTicket, TicketChange, NewMessage)
