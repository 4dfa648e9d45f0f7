"""Notify open pages of a change, if and only if the transaction commits.

An event contains topics only, never the changed values: the browser requests these with its own permissions. While
Redis is unavailable, pages find changes by polling.
"""

from collections.abc import Mapping
from typing import Any

from redis.client import Pipeline
from sqlalchemy import update

from helpdesk import clock, extensions
from helpdesk.database import after_commit
from helpdesk.database.built_once import built_once

MESSAGES_ONLY = ":messages"  # ends the topic of a ticket of which nothing but the conversation has changed
PRESENT_ONLY = ":present"  # ends the topic of a ticket of which nothing but who has it open has changed
SETTINGS = "settings"  # topic: somebody has changed settings or rules, which web processes have cached
EVENTS_CHANNEL = "helpdesk:changed"  # the one Redis channel; a message is a space-separated list of topics


def bump_version_and_publish(ticket: Any, team_only: bool = False, messages_only: bool = False) -> None:
    """Raise the version of ``ticket`` and notify its open pages, only the team's if ``team_only``.

    ``messages_only``: nothing but its conversation looks different, so that a page asks for nothing else.
    Ticket lists and the agent queue are notified too. The version is part of the ETags; it is raised in SQL, so that
    two concurrent writers both count. So is the one that customers see, unless ``team_only``.
    """
    ticket.version = _next_version(type(ticket), "version")
    if not team_only:
        ticket.public_version = _next_version(type(ticket), "public_version")
    ticket.changed_at = clock.now()
    publish_ticket_changed(ticket, team_only, messages_only)


def bump_versions_and_publish(model: Any, changed: Mapping[Any, bool]) -> None:
    """Raise the versions of the tickets in ``changed`` by two statements at most, and notify the open pages of each.

    ``model``: their class. ``changed`` says of each whether only the team's pages are notified. What is loaded of them
    keeps its version.
    """
    values = {"version": model.version + 1, "changed_at": clock.now()}
    for is_internal in (False, True):
        ids = [ticket.id for ticket, team_only in changed.items() if team_only == is_internal]
        public = {} if is_internal else {"public_version": model.public_version + 1}
        statement = update(model).where(model.id.in_(ids)).values(values | public)
        if ids:
            extensions.db.session.execute(statement, execution_options={"synchronize_session": False})
    for ticket, team_only in changed.items():
        publish_ticket_changed(ticket, team_only)


def publish_ticket_changed(ticket: Any, team_only: bool = False, messages_only: bool = False) -> None:
    """Notify the ticket's open pages, ticket lists and the agent queue without raising its version.

    Customers subscribe to the reason for which they see the ticket: organization, requester or follower.
    """
    publish_to_team(ticket.id, messages_only)
    if not team_only:
        name = f"ticket:{ticket.id}{MESSAGES_ONLY if messages_only else ''}"
        publish_after_commit(
            name, f"organization:{ticket.organization_id}:{name}", f"requester:{ticket.requester_id}:{name}"
        )


def publish_to_team(ticket_id: int, messages_only: bool = False) -> None:
    """Notify only the team: open pages of this ticket and the agent queue."""
    publish_after_commit(f"team:ticket:{ticket_id}{MESSAGES_ONLY if messages_only else ''}", "desk")


def presence_topic(ticket_id: int) -> str:
    """Return the topic of who of the team has the ticket open."""
    return f"team:ticket:{ticket_id}{PRESENT_ONLY}"


def publish_after_commit(*topics: str) -> None:
    """Notify the subscribers of ``topics`` once the open transaction has committed."""
    after_commit.send_after_commit(_add_publication, topics)


def publish(topics: list[str]) -> bool:
    """Notify the subscribers of ``topics`` now. True if Redis accepted it. Never raises."""
    return extensions.send_to_redis(lambda pipeline: _add_publication(pipeline, topics))


@built_once()
def _next_version(model: Any, column: str) -> Any:
    """The expression that raises a version, made once so that the statement with it is."""
    return getattr(model, column) + 1


def _add_publication(pipeline: Pipeline, topics: list[str]) -> None:
    """Add the command to ``pipeline`` that notifies the subscribers of ``topics``."""
    pipeline.publish(EVENTS_CHANNEL, " ".join(topics))
