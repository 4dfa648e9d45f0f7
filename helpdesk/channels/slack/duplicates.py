"""Remove posts of ours that Slack stored after all, later than the hold-off allows, when they had been repeated.

Both have the key of the same delivery; the one that is recorded stays.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from helpdesk.channels.slack.api import api_errors, find_message
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.known_threads import KnownThread
from helpdesk.database import transactions
from helpdesk.domain.outbox import errors, look_up_counts
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState

log = logging.getLogger(__name__)


def remove_duplicates(client: clients.Client, known: KnownThread, messages: Iterable[dict[str, Any]]) -> int:
    """Delete in Slack every message of the thread whose delivery is recorded with another ts. Returns how many.

    Commits. Raises ChannelError.
    """
    posted: dict[str, list[str]] = defaultdict(list)
    for message in messages:
        if key := find_message.find_key(message):
            posted[key].append(str(message["ts"]))
    doubled = {key: stamps for key, stamps in posted.items() if len(stamps) > 1}
    if not doubled:
        return 0
    with transactions.read_only():
        sent = select(Delivery.key, Delivery.external_id).where(
            Delivery.key.in_(doubled), Delivery.state == DeliveryState.sent
        )
        recorded = {row.key: row.external_id for row in db.session.execute(sent)}
    removed = 0
    for key, stamps in doubled.items():
        if recorded.get(key) in stamps:
            for ts in stamps:
                if ts != recorded[key]:
                    _delete(client, known.channel_id, ts)
                    removed += 1
    if removed:
        look_up_counts.add_to_count("late", removed)
        log.warning("%s posts were stored by Slack after the hold-off, and were removed: %s", removed, known.channel_id)
    return removed


def _delete(client: clients.Client, channel_id: str, ts: str) -> None:
    try:
        client.call("chat.delete", channel=channel_id, ts=ts)
    except errors.PermanentError as refused:
        if api_errors.error_code(refused) != "message_not_found":
            raise
