"""Who has a ticket open at the moment. Stored in Redis for seconds; without Redis nobody is shown as present."""

from typing import Any

from redis.client import Pipeline

from helpdesk import clock, extensions, live_events
from helpdesk.database import after_commit

PRESENCE_TTL_SECONDS = 45  # after the last request that reported presence


def mark_present(ticket_id: int, user_id: int, doing: str = "reading") -> bool:
    """Record that ``user_id`` has the ticket open; ``doing`` is "reading", "typing" or "open".

    Returns whether this is news: they were not here before, or did something else.
    """
    key = f"helpdesk:present:{ticket_id}"

    def record(pipeline: Pipeline) -> list[Any]:
        pipeline.hget(key, str(user_id))
        _add_record(pipeline, key, user_id, doing)
        return pipeline.execute()

    answers = extensions.call_redis(record)
    if not answers:
        return False
    seen_at, _, did = answers[0].decode().partition(" ") if answers[0] else ("0", "", "")
    return did != doing or not _is_recent(seen_at)


def mark_reading_after_commit(ticket_id: int, user_id: int) -> None:
    """Record that ``user_id`` has the ticket open and no longer types, once the open transaction has committed.

    The pages of the team learn of it.
    """
    after_commit.send_after_commit(_add_readers, [(ticket_id, user_id)])
    live_events.publish_after_commit(live_events.presence_topic(ticket_id))


def _add_readers(pipeline: Pipeline, readers: list[tuple[int, int]]) -> None:
    for ticket_id, user_id in readers:
        _add_record(pipeline, f"helpdesk:present:{ticket_id}", user_id, "reading")


def _add_record(pipeline: Pipeline, key: str, user_id: int, doing: str) -> None:
    pipeline.hset(key, str(user_id), f"{clock.now().timestamp():.0f} {doing}")
    pipeline.expire(key, PRESENCE_TTL_SECONDS * 2)


def present_users(ticket_id: int) -> dict[int, str]:
    """Return the users who are present, as a map of user id to "reading", "typing" or "open"."""
    answers = extensions.call_redis(lambda pipeline: pipeline.hgetall(f"helpdesk:present:{ticket_id}").execute())
    users = {}
    for user_id, entry in (answers[0] if answers else {}).items():
        seen_at, _, doing = entry.decode().partition(" ")
        if _is_recent(seen_at):
            users[int(user_id)] = doing
    return users


def _is_recent(seen_at: str) -> bool:
    return clock.now().timestamp() - float(seen_at) < PRESENCE_TTL_SECONDS
