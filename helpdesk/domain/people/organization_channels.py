"""The channels of organizations. A channel belongs to one organization only, and never to the team as well."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class OrganizationChannelKind:
    """A kind of channels that belong to organizations; a channel package registers its own.

    ``field`` is the field of an organization that lists the ids of its channels, in forms and in tables that are
    imported. ``parse_id`` returns an id as it is stored and raises ValueError with a sentence. ``describe_added`` and
    ``describe_removed`` make a sentence of a list of ids and their number.
    """

    kind: str
    field: str
    parse_id: Callable[[str], str]
    describe_added: Callable[[str, int], str]
    describe_removed: Callable[[str, int], str]


_kinds: dict[str, OrganizationChannelKind] = {}


def register_kind(kind: OrganizationChannelKind) -> None:
    """Register a kind of channels that organizations may have."""
    _kinds[kind.field] = kind


def list_fields() -> list[str]:
    """Return the fields of an organization that list channels, in the order in which their kinds were registered."""
    return list(_kinds)


def get_kind(field: str) -> OrganizationChannelKind:
    """Return the kind of channels that ``field`` lists. Raises KeyError if no kind has this field."""
    return _kinds[field]


def parse_channel_ids(field: str, given: Iterable[str]) -> list[str]:
    """Return the channel ids without duplicates, in the given order. Raises ValueError with a sentence."""
    return list(dict.fromkeys(_kinds[field].parse_id(text) for text in given))


def list_channel_ids(field: str, organization: Organization) -> list[str]:
    """Return the ids of the organization's channels that ``field`` lists, the default first."""
    return [channel.external_id for channel in _list_channels(field, organization)]


def set_channels(field: str, organization: Organization, channel_ids: list[str]) -> None:
    """Set the channels of the organization that ``field`` lists; the tickets get their card in the first.

    Raises ConflictError.
    """
    kind = _kinds[field].kind
    for present in _list_channels(field, organization):
        if present.external_id not in channel_ids:
            _release_channel(present)
    for position, channel_id in enumerate(channel_ids):
        channel = db.session.scalar(select(Channel).where(Channel.kind == kind, Channel.external_id == channel_id))
        if channel is None:
            channel = Channel(kind=kind, external_id=channel_id, audience="customer", organization_id=organization.id)
            db.session.add(channel)
        elif channel.organization_id != organization.id:
            _assign_channel(field, channel, organization)
        if channel_id == settings.get("triage_channel"):
            raise ConflictError(gettext("%(channel_id)s is the team's triage channel.", channel_id=channel_id), field)
        channel.is_default = position == 0
        channel.removed_at = None
    db.session.flush()


def _list_channels(field: str, organization: Organization) -> list[Channel]:
    query = select(Channel).where(
        Channel.kind == _kinds[field].kind, Channel.organization_id == organization.id, Channel.removed_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Channel.is_default.desc(), Channel.id)))


def _assign_channel(field: str, channel: Channel, organization: Organization) -> None:
    """Give a channel to another organization. Raises ConflictError if it ever had a ticket: old posts stay readable."""
    if channel.audience == "team":
        raise ConflictError(gettext("%(channel)s is a channel of the team.", channel=channel.label), field)
    used = db.session.scalar(select(exists().where(Thread.channel_id == channel.id)))
    if channel.removed_at is None or used:
        owner = channel.organization.name if channel.organization else gettext("another organization")
        raise ConflictError(
            gettext("%(external_id)s belongs to %(owner)s.", external_id=channel.external_id, owner=owner),
            field,
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
