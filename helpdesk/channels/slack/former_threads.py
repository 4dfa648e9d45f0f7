"""Threads of a ticket whose cards somebody deleted in Slack, and which a newer card in the same channel replaced."""

from dataclasses import replace

from sqlalchemy import select

from helpdesk.channels.slack.api.requests import FileUpload, SlackContent, WebApiCall
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.thread import Thread


def add_former_roots(content: SlackContent, delivery: Delivery) -> SlackContent:
    """Return ``content``, of a post in doubt with the threads in which it may have arrived before its present one."""
    is_in_doubt = delivery.possibly_sent_since is not None and delivery.kind != DeliveryKind.card
    if is_in_doubt and delivery.thread is not None and isinstance(content, FileUpload | WebApiCall):
        return replace(content, former_roots=list_former_roots(delivery.thread))
    return content


def list_former_roots(thread: Thread) -> tuple[str, ...]:
    """Return the ts of the roots of the threads that ``thread`` replaced, the newest first.

    What was being sent below a deleted card when a new one took its place may have arrived there.
    """
    former = (
        select(Thread.external_id)
        .where(Thread.ticket_id == thread.ticket_id, Thread.channel_id == thread.channel_id, Thread.id < thread.id)
        .where(Thread.ended_at.is_not(None), Thread.external_id.is_not(None))
        .order_by(Thread.id.desc())
    )
    return tuple(filter(None, db.session.scalars(former)))
