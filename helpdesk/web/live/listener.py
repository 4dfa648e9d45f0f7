"""The Redis subscription of a process; messages are passed to the hub, changed settings are read anew.

Without Redis, updates are delayed.
"""

import asyncio
import logging
from typing import Any

from redis.exceptions import RedisError

from helpdesk import extensions, outage_log, redis_url
from helpdesk.domain.administration import settings
from helpdesk.domain.rules import definition as rules
from helpdesk.live_events import EVENTS_CHANNEL, SETTINGS
from helpdesk.web.live.hub import SseHub

CONNECT_TIMEOUT = 2  # seconds
RECONNECT_SECONDS = 1.0  # between two attempts
HEALTH_CHECK_SECONDS = 15

log = logging.getLogger(__name__)


async def listen(hub: SseHub, url: str) -> None:
    """Pass every message of EVENTS_CHANNEL to ``hub``. Runs until cancelled."""
    while True:
        try:
            await _listen_once(hub, url)
        except (RedisError, OSError) as error:
            extensions.report_redis_outage(error, "live updates")
        except Exception:
            log.exception("The live subscription failed; it is restarted")
        await asyncio.sleep(RECONNECT_SECONDS)


async def _listen_once(hub: SseHub, url: str) -> None:
    options: dict[str, Any] = {"socket_connect_timeout": CONNECT_TIMEOUT, "health_check_interval": HEALTH_CHECK_SECONDS}
    async with redis_url.connect_async(url, **options) as client, client.pubsub() as subscription:
        await subscription.subscribe(EVENTS_CHANNEL)
        while True:
            message = await subscription.get_message(timeout=HEALTH_CHECK_SECONDS)
            if message is None:
                continue
            if message["type"] == "subscribe":
                outage_log.note_recovery(log, extensions.REDIS_AWAY)
                _invalidate_caches()
                hub.publish_everything()  # events published before now were missed
            elif message["type"] == "message":
                topics = message["data"].decode().split()
                if SETTINGS in topics:
                    _invalidate_caches()
                hub.publish(topics)


def _invalidate_caches() -> None:
    """Read anew at the next use what this process keeps of what leads and admins changed."""
    settings.invalidate_cache()
    rules.invalidate_cache()
