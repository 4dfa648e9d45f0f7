"""Notify open pages of a change, if and only if the transaction commits.

An event contains topics only, never the changed values: the browser requests these with its own permissions. While
Redis is unavailable, pages find changes by polling.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from helpdesk import clock, extensions

EVENTS_CHANNEL = "helpdesk:changed"  # the one Redis channel; a message is a space-separated list of topics


def bump_version_and_publish(ticket: Any, team_only: bool = False) -> None:
    """Raise the version of ``ticket`` and notify its open pages, only the team's if ``team_only``.

    Ticket lists and the agent queue are notified too. The version is part of the ETags; it is raised in SQL, so that
    two concurrent writers both count.
    """
    ticket.version = type(ticket).version + 1
    ticket.changed_at = clock.now()
    publish_ticket_changed(ticket, team_only)


def publish_ticket_changed(ticket: Any, team_only: bool = False) -> None:
    """Notify the ticket's open pages, ticket lists and the agent queue without raising its version.

    Customers subscribe to the reason for which they see the ticket: organization, requester or follower.
    """
    publish_to_team(ticket.id)
    if not team_only:
        name = f"ticket:{ticket.id}"
        publish_after_commit(
            name, f"organization:{ticket.organization_id}:{name}", f"requester:{ticket.requester_id}:{name}"
        )


def publish_to_team(ticket_id: int) -> None:
    """Notify only the team: open pages of this ticket and the agent queue."""
    publish_after_commit(f"team:ticket:{ticket_id}", "desk")


def publish_after_commit(*topics: str) -> None:
    """Notify the subscribers of ``topics`` once the open transaction has committed."""
    extensions.db.session().info.setdefault("topics_after_commit", {}).update(dict.fromkeys(topics))


def publish(topics: list[str]) -> bool:
    """Notify the subscribers of ``topics`` now. True if Redis accepted it. Never raises."""
    return extensions.send_to_redis(lambda pipeline: pipeline.publish(EVENTS_CHANNEL, " ".join(topics)))


@event.listens_for(extensions.db.session, "after_commit")
def _publish_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    if topics := session.info.pop("topics_after_commit", None):
        publish(list(topics))


@event.listens_for(extensions.db.session, "after_soft_rollback")
def _discard_after_rollback(session: Session, previous_transaction: SessionTransaction) -> None:
    if not previous_transaction.nested:
        session.info.pop("topics_after_commit", None)
