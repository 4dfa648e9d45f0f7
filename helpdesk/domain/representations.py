"""What other programs are told of a ticket, a message or a person: the fields that the API and webhooks share.

Each class is made from a row with ``model_validate(row)``; ``model_dump(mode="json")`` gives plain JSON values with
times as RFC 3339 in UTC.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, computed_field

from helpdesk import urls
from helpdesk.models.message import MessageKind
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status


class Representation(BaseModel):
    """A JSON object made from the attributes of a row."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")


class Person(Representation):
    """A person, by name and address."""

    name: str = Field(validation_alias="display_name")
    email: str


class OrganizationReference(Representation):
    """Which customer company a ticket belongs to."""

    slug: str
    name: str


class TicketSummary(Representation):
    """A ticket as the team sees it."""

    number: int
    subject: str
    status: Status
    priority: Priority
    organization: OrganizationReference
    requester: Person
    assignee: Person | None

    @computed_field
    @property
    def url(self) -> str:
        """Its page in the portal."""
        return urls.ticket_url(self.number)


class MessageSummary(Representation):
    """A reply or a note; the body of a deleted one is empty."""

    id: int
    kind: MessageKind
    from_team: bool
    author: str = Field(validation_alias="author_display_name")
    body: str
    created_at: datetime
