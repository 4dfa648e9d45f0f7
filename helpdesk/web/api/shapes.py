"""How things look to programs: plain values of a ticket, a message, an organization."""

from datetime import datetime
from typing import Any

from helpdesk import urls
from helpdesk.models.ticket import Message, Ticket
from helpdesk.models.user import Organization, User


def ticket(ticket: Ticket) -> dict[str, Any]:
    """A ticket as the team sees it."""
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "status": str(ticket.status),
        "holder": ticket.holder,
        "priority": str(ticket.priority),
        "organization": {"slug": ticket.organization.slug, "name": ticket.organization.name},
        "requester": person(ticket.requester),
        "assignee": person(ticket.assignee) if ticket.assignee else None,
        "created_at": moment(ticket.created_at),
        "updated_at": moment(ticket.updated_at),
        "first_response_at": moment(ticket.first_response_at),
        "solved_at": moment(ticket.solved_at),
        "closed_at": moment(ticket.closed_at),
        "url": urls.ticket_url(ticket.number),
    }


def message(message: Message) -> dict[str, Any]:
    """Something that was said; deleted words are empty."""
    return {
        "id": message.id,
        "kind": str(message.kind),
        "from_team": message.from_team,
        "author": message.speaker,
        "body": message.body,
        "created_at": moment(message.created_at),
        "edited_at": moment(message.edited_at),
        "deleted_at": moment(message.deleted_at),
        "attachments": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "size": file.size,
                "url": urls.absolute_url(f"/files/{file.key}"),
            }
            for file in message.attachments
        ],
    }


def organization(organization: Organization) -> dict[str, Any]:
    """A customer company."""
    return {
        "slug": organization.slug,
        "name": organization.name,
        "domains": [row.domain for row in organization.domains],
        "portal_enabled": organization.portal_enabled,
        "created_at": moment(organization.created_at),
    }


def person(user: User) -> dict[str, Any]:
    """Somebody, by name and address."""
    return {"name": user.display_name, "email": user.email}


def moment(when: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC."""
    return when.isoformat().replace("+00:00", "Z") if when else None
