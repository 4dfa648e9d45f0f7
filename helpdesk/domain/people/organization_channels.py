"""The Slack channels of organizations. A channel belongs to one organization only, and never to the team as well."""

import re
from collections.abc import Iterable

from sqlalchemy import exists, select, update

from helpdesk import clock
from helpdesk.domain import locking
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.organization import Organization
from helpdesk.models.thread import Thread
from helpdesk.translation import gettext

WAITING_STATES = (DeliveryState.pending, DeliveryState.on_hold, DeliveryState.failed, DeliveryState.unknown)
CHANNEL_ID_PATTERN = re.compile(r"[CG][A-Z0-9]{5,30}")


def validate_channel_ids(given: Iterable[str]) -> list[str]:
    """The Slack channel ids, without duplicates, in the given order. Raises ValueError with a sentence."""
    ids = list(dict.fromkeys(text.strip().upper() for text in given))
    for channel_id in ids:
        if not CHANNEL_ID_PATTERN.fullmatch(channel_id):
            raise ValueError(
                gettext("%(id)s is no Slack channel id; those begin with C or G, like C0123ABCD.", id=channel_id[:40])
            )
    return ids


def list_channel_ids(organization: Organization) -> list[str]:
    """The ids of the organization's Slack channels."""
    return [channel.external_id for channel in _organization_channels(organization)]


def set_channels(organization: Organization, channel_ids: list[str]) -> None:
    """Set the channels of the organization; the tickets get their card in the first. Raises ConflictError."""
    for present in _organization_channels(organization):
        if present.external_id not in channel_ids:
            _release_channel(present)
    for position, channel_id in enumerate(channel_ids):
        channel = db.session.scalar(select(Channel).where(Channel.kind == "slack", Channel.external_id == channel_id))
        if channel is None:
            channel = Channel(
                kind="slack", external_id=channel_id, audience="customer", organization_id=organization.id
            )
            db.session.add(channel)
        elif channel.organization_id != organization.id:
            _assign_channel(channel, organization)
        if channel_id == settings.get("triage_channel"):
            raise ConflictError(
                gettext("%(channel_id)s is the team's triage channel.", channel_id=channel_id), "slack_channels"
            )
        channel.is_default = position == 0
        channel.removed_at = None
    db.session.flush()


def _organization_channels(organization: Organization) -> list[Channel]:
    query = select(Channel).where(
        Channel.kind == "slack", Channel.organization_id == organization.id, Channel.removed_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Channel.is_default.desc(), Channel.id)))


def _assign_channel(channel: Channel, organization: Organization) -> None:
    """Give a channel to another organization. Raises ConflictError if it ever had a ticket: old posts stay readable."""
    if channel.audience == "team":
        raise ConflictError(gettext("%(channel)s is a channel of the team.", channel=channel.label), "slack_channels")
    used = db.session.scalar(select(exists().where(Thread.channel_id == channel.id)))
    if channel.removed_at is None or used:
        owner = channel.organization.name if channel.organization else gettext("another organization")
        raise ConflictError(
            gettext("%(external_id)s belongs to %(owner)s.", external_id=channel.external_id, owner=owner),
            "slack_channels",
        )
    channel.organization_id = organization.id


def _release_channel(channel: Channel) -> None:
    """End the channel's threads and cancel their waiting deliveries."""
    channel.removed_at = clock.now()
    threads = select(Thread.id).where(Thread.channel_id == channel.id)
    for delivery in locking.lock_deliveries(Delivery.thread_id.in_(threads), Delivery.state.in_(WAITING_STATES)):
        delivery.state, delivery.finished_at = DeliveryState.cancelled, clock.now()
        delivery.reason = gettext("The channel is no longer this organization's.")
    db.session.execute(
        update(Thread)
        .where(Thread.channel_id == channel.id, Thread.ended_at.is_(None))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
