"""Who has a ticket open at the moment. Stored in Redis for seconds; without Redis nobody is shown as present."""

import time

from redis.exceptions import RedisError

from helpdesk import extensions

PRESENCE_TTL_SECONDS = 45  # after the last request that reported presence


def mark_present(ticket_id: int, user_id: int, doing: str = "reading") -> None:
    """Record that ``user_id`` has the ticket open; ``doing`` is "reading" or "typing"."""
    key = f"helpdesk:present:{ticket_id}"
    try:
        with extensions.redis().pipeline(transaction=False) as pipe:
            pipe.hset(key, str(user_id), f"{time.time():.0f} {doing}")
            pipe.expire(key, PRESENCE_TTL_SECONDS * 2)
            pipe.execute()
    except RedisError:
        pass


def present_users(ticket_id: int) -> dict[int, str]:
    """The users who are present, as a map of user id to "reading", "typing" or "open"."""
    try:
        entries = extensions.redis().hgetall(f"helpdesk:present:{ticket_id}")
    except RedisError:
        return {}
    users = {}
    for user_id, entry in entries.items():
        seen_at, _, doing = entry.decode().partition(" ")
        if time.time() - float(seen_at) < PRESENCE_TTL_SECONDS:
            users[int(user_id)] = doing
    return users
