"""The JSON objects for tickets, messages and people that the API and webhooks share.

``model_validate(row)`` creates an object from a row; ``model_dump(mode="json")`` returns plain JSON values, with times
as RFC 3339 in UTC.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from helpdesk import urls
from helpdesk.models.message import MessageKind
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status


class Representation(BaseModel):
    """A JSON object made from the attributes of a row."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")


class Person(Representation):
    """The name and address of a person."""

    name: str = Field(validation_alias="display_name")
    email: str


class OrganizationReference(Representation):
    """The organization of a ticket."""

    slug: str
    name: str


def _answers(rows: Any) -> Any:
    """The rows of answers as the JSON of ``Answer``."""
    return [{"key": row.field.key, "label": row.field.label, "value": row.value, "text": row.text} for row in rows]


class Answer(BaseModel):
    """The answer to one field of a form: its JSON ``value``, and the ``text`` that people read."""

    model_config = ConfigDict(extra="forbid")

    key: str
    label: str
    value: Any
    text: str


class TicketSummary(Representation):
    """The summary of a ticket, as the team sees it."""

    number: int
    subject: str
    status: Status
    priority: Priority
    organization: OrganizationReference
    requester: Person
    assignee: Person | None

    @computed_field  # type: ignore[prop-decorator]  # pydantic documents this order
    @property
    def url(self) -> str:
        """The URL of its page in the portal."""
        return urls.ticket_url(self.number)


class TicketDetails(TicketSummary):
    """A ticket with its tags and the answers of its form."""

    tags: list[str] = Field(description="In alphabetical order; only the team sees them.")
    answers: Annotated[list[Answer], BeforeValidator(_answers)]


class Attachment(Representation):
    """A file of a message."""

    key: str = Field(description="Send it in `attachments` of a new ticket or message.")
    name: str
    media_type: str
    size: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def url(self) -> str:
        """The URL to download it on the pages, for those who may see the message."""
        return urls.absolute_url(f"/files/{self.key}")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def api_url(self) -> str:
        """The URL to download it with a token."""
        return urls.absolute_url(f"/api/files/{self.key}")


class Message(Representation):
    """A reply or a note with its files; ``body`` is empty if it was deleted."""

    id: int
    kind: MessageKind
    from_team: bool
    author: str = Field(validation_alias="author_display_name")
    body: str
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    attachments: list[Attachment]
