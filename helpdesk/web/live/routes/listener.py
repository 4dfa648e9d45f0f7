"""The one Redis subscription of a process; what it hears goes to the hub. Without Redis, changes are told later."""

import asyncio
import logging

import redis.asyncio
from redis.exceptions import RedisError

from helpdesk.after_commit import CHANGED
from helpdesk.web.live.routes.hub import SseHub

CONNECT_TIMEOUT = 2  # seconds
RECONNECT_SECONDS = 1.0  # between two attempts
HEALTH_CHECK_SECONDS = 15

log = logging.getLogger(__name__)


async def listen(hub: SseHub, url: str) -> None:
    """Pass on every message of the channel CHANGED to ``hub``. Runs until cancelled."""
    while True:
        try:
            await _listen_once(hub, url)
        except (RedisError, OSError) as error:
            log.warning("No live updates for the moment: %s", type(error).__name__)
        except Exception:
            log.exception("The live subscription failed; starting it anew")
        await asyncio.sleep(RECONNECT_SECONDS)


async def _listen_once(hub: SseHub, url: str) -> None:
    options = {"socket_connect_timeout": CONNECT_TIMEOUT, "health_check_interval": HEALTH_CHECK_SECONDS}
    async with redis.asyncio.Redis.from_url(url, **options) as client, client.pubsub() as subscription:
        await subscription.subscribe(CHANGED)
        while True:
            message = await subscription.get_message(timeout=HEALTH_CHECK_SECONDS)
            if message is None:
                continue
            if message["type"] == "subscribe":
                hub.publish_everything()  # whatever was published before it was missed
            elif message["type"] == "message":
                hub.publish(message["data"].decode().split())
