"""The JSON objects for tickets, messages and people that the API and webhooks share.

``model_validate(row)`` creates an object from a row; ``model_dump(mode="json")`` returns plain JSON values, with times
as RFC 3339 in UTC.
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
    """The name and address of a person."""

    name: str = Field(validation_alias="display_name")
    email: str


class OrganizationReference(Representation):
    """The organization of a ticket."""

    slug: str
    name: str


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


class MessageSummary(Representation):
    """A reply or a note; ``body`` is empty if it was deleted."""

    id: int
    kind: MessageKind
    from_team: bool
    author: str = Field(validation_alias="author_display_name")
    body: str
    created_at: datetime
