"""Which Slack channels are an organization's. A channel is one customer's only, and never the team's too."""

import re

from sqlalchemy import exists, select, update

from helpdesk import clock
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.organization import Organization
from helpdesk.models.thread import Thread

CHANNEL_ID_PATTERN = re.compile(r"[CG][A-Z0-9]{5,30}")


def validate_channel_ids(given) -> list[str]:
    """Slack channel ids in the order given. Raises ValueError with a sentence."""
    ids = list(dict.fromkeys(text.strip().upper() for text in given))
    for channel_id in ids:
        if not CHANNEL_ID_PATTERN.fullmatch(channel_id):
            raise ValueError(f"{channel_id[:40]} is no Slack channel id; those begin with C or G, like C0123ABCD.")
    return ids


def list_channel_ids(organization: Organization) -> list[str]:
    """The ids of the organization's Slack channels."""
    return [channel.external_id for channel in _organization_channels(organization)]


def set_channels(organization: Organization, channel_ids: list[str]) -> None:
    """Make exactly ``channel_ids`` the organization's; the first is where its tickets get a card. Raises Conflict."""
    for channel in _organization_channels(organization):
        if channel.external_id not in channel_ids:
            _release_channel(channel)
    for place, channel_id in enumerate(channel_ids):
        channel = db.session.scalar(select(Channel).where(Channel.kind == "slack", Channel.external_id == channel_id))
        if channel is None:
            channel = Channel(
                kind="slack", external_id=channel_id, audience="customer", organization_id=organization.id
            )
            db.session.add(channel)
        elif channel.organization_id != organization.id:
            _assign_channel(channel, organization)
        if channel_id == settings.get("triage_channel"):
            raise ConflictError(f"{channel_id} is the team's triage channel.", "slack_channels")
        channel.is_default = place == 0
        channel.removed_at = None
    db.session.flush()


def _organization_channels(organization: Organization) -> list[Channel]:
    query = select(Channel).where(
        Channel.kind == "slack", Channel.organization_id == organization.id, Channel.removed_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Channel.is_default.desc(), Channel.id)))


def _assign_channel(channel: Channel, organization: Organization) -> None:
    """Only a channel in which no other's ticket ever lived may change hands: what was posted there stays readable there."""
    if channel.audience == "team":
        raise ConflictError(f"{channel.label} is a channel of the team.", "slack_channels")
    used = db.session.scalar(select(exists().where(Thread.channel_id == channel.id)))
    if channel.removed_at is None or used:
        owner = db.session.get(Organization, channel.organization_id)
        raise ConflictError(f"{channel.external_id} belongs to {owner.name}.", "slack_channels")
    channel.organization_id = organization.id


def _release_channel(channel: Channel) -> None:
    """Write there no more."""
    channel.removed_at = clock.now()
    threads = select(Thread.id).where(Thread.channel_id == channel.id)
    db.session.execute(
        update(Delivery)
        .where(
            Delivery.thread_id.in_(threads),
            Delivery.state.in_((DeliveryState.pending, DeliveryState.on_hold, DeliveryState.failed)),
        )
        .values(state=DeliveryState.cancelled, reason="The channel is no longer this organization's.")
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Thread)
        .where(Thread.channel_id == channel.id, Thread.ended_at.is_(None))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
