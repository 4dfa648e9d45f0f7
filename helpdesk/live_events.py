"""Tells open pages that something changed, if and only if the transaction commits.

An event names topics, never what the change says: the browser asks again with its own permissions. When Redis does not take
an event, pages find out by polling.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from helpdesk import extensions

EVENTS_CHANNEL = "helpdesk:changed"  # the one Redis channel; a message is a space-separated list of topics


def bump_version_and_publish(ticket: Any, team_only: bool = False) -> None:
    """Raise the version of ``ticket`` and tell its open pages, only the team's where ``team_only``.

    Lists and the desk are told as well. The version makes ETags; it is raised in SQL so that two writers both count.
    """
    ticket.version = type(ticket).version + 1
    publish_ticket_changed(ticket, team_only)


def publish_ticket_changed(ticket: Any, team_only: bool = False) -> None:
    """Tell the ticket's open pages, lists and the desk, where its version need not rise: it is new.

    Customers are told by what lets them see it: their organization, that it is theirs, or that they follow it.
    """
    publish_to_team(ticket.id)
    if not team_only:
        name = f"ticket:{ticket.id}"
        publish_after_commit(
            name, f"organization:{ticket.organization_id}:{name}", f"requester:{ticket.requester_id}:{name}"
        )


def publish_to_team(ticket_id: int) -> None:
    """Tell those of the team who follow this ticket, and the desk, of what only they are shown."""
    publish_after_commit(f"team:ticket:{ticket_id}", "desk")


def publish_after_commit(*topics: str) -> None:
    """Tell whoever follows one of ``topics`` to look again, once the open transaction has committed."""
    extensions.db.session().info.setdefault("topics_after_commit", {}).update(dict.fromkeys(topics))


def publish(topics: list[str]) -> bool:
    """Tell whoever follows one of ``topics`` to look again, now. True if Redis took it. Never raises."""
    return extensions.send_to_redis(lambda pipeline: pipeline.publish(EVENTS_CHANNEL, " ".join(topics)))


@event.listens_for(extensions.db.session, "after_commit")
def _publish_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    if topics := session.info.pop("topics_after_commit", None):
        publish(list(topics))


@event.listens_for(extensions.db.session, "after_soft_rollback")
def _forget_after_rollback(session: Session, previous_transaction: SessionTransaction) -> None:
    if not previous_transaction.nested:
        session.info.pop("topics_after_commit", None)
