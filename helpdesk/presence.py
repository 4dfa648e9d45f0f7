"""Who has a ticket before their eyes right now. Lives in Redis for seconds; without Redis nobody is known to be there."""

import time

from redis.exceptions import RedisError

from helpdesk import extensions

PRESENCE_TTL_SECONDS = 45  # seconds somebody counts as present after the last sign of life


def mark_present(ticket_id: int, user_id: int, doing: str = "reading") -> None:
    """Note that ``user_id`` is at the ticket, "reading" or "typing"."""
    key = f"helpdesk:present:{ticket_id}"
    try:
        with extensions.redis().pipeline(transaction=False) as pipe:
            pipe.hset(key, str(user_id), f"{time.time():.0f} {doing}")
            pipe.expire(key, PRESENCE_TTL_SECONDS * 2)
            pipe.execute()
    except RedisError:
        pass


def present_users(ticket_id: int) -> dict[int, str]:
    """Those present and what they do, by user id."""
    try:
        present = extensions.redis().hgetall(f"helpdesk:present:{ticket_id}")
    except RedisError:
        return {}
    found = {}
    for user_id, sign in present.items():
        at, _, doing = sign.decode().partition(" ")
        if time.time() - float(at) < PRESENCE_TTL_SECONDS:
            found[int(user_id)] = doing
    return found
