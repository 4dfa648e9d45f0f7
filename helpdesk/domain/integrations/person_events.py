"""Events of webhooks about people: ``person.added``, ``person.changed``, ``person.merged``, ``person.erased``."""

from typing import Any

from helpdesk import clock
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import changes
from helpdesk.domain.representations import Person
from helpdesk.models.user import User


def register() -> None:
    """Listen to what happens to people from now on."""
    changes.add_listener(enqueue_person_event)


def enqueue_person_event(event: str, user: User, details: dict[str, Any]) -> None:
    """Enqueue the event for the webhooks that get it; ``details`` stands in its body."""
    name = f"person.{event}"
    subscribers = webhooks.list_subscribers(name)
    if not subscribers:
        return
    if event == "erased":  # nothing but the id, by which a receiver finds what it has of them
        person: dict[str, Any] = {"id": user.id}
    else:
        person = {"id": user.id} | _describe(user)
    for webhook_id in subscribers:
        payload = {"event": name, "at": clock.now().isoformat(), "person": person, **details}
        webhooks.enqueue_delivery(webhook_id, payload)


def _describe(user: User) -> dict[str, Any]:
    organization = user.organization
    return Person.model_validate(user).model_dump(mode="json") | {
        "role": user.role,
        "is_active": user.is_active,
        "organization": {"slug": organization.slug, "name": organization.name} if organization else None,
    }
