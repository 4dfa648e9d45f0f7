"""The Slack channels we write to: bind them to the team or to a customer, follow their state in Slack, block and
unblock them.

``list_available_channels``, ``fetch_channel`` and ``run_diagnostics`` ask Slack and end the open transaction first, so
that no lock is held meanwhile; call them before writing anything. Everything else only writes rows.
"""

from datetime import timedelta

from sqlalchemy import select, update

from helpdesk import clock, live_events
from helpdesk.channels.slack import diagnostics as slack_check
from helpdesk.channels.slack.api import directory as slack_people
from helpdesk.channels.slack.organization_channels import ORGANIZATION_CHANNELS, parse_channel_id
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.outbox import errors
from helpdesk.domain.people import organization_channels
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.organization import Organization
from helpdesk.models.setting import SETTINGS
from helpdesk.models.thread import Thread
from helpdesk.models.user import User
from helpdesk.translation import N_, gettext

FAR_FUTURE = timedelta(days=36_500)
SHARED_CHANNEL_MESSAGE = N_(
    "This channel is shared with another company, so nothing of the team's is posted here any more. "
    "Everything is kept. End the sharing, or choose another triage channel."
)
ARCHIVED_MESSAGE = N_("The Slack channel is archived.")

FIELD = ORGANIZATION_CHANNELS.field

SlackChannel = slack_people.ChannelInfo


def list_channels() -> list[Channel]:
    """List every Slack channel in use, the team's first, then by name."""
    channels = select(Channel).where(Channel.kind == "slack", Channel.removed_at.is_(None))
    found = sort_by_name(db.session.scalars(channels.order_by(Channel.id)), lambda each: each.name)
    return sorted(found, key=lambda each: each.audience, reverse=True)


def find_channel(channel_id: str) -> Channel | None:
    """Return the channel with this Slack id, in use or not."""
    return db.session.scalar(select(Channel).where(Channel.kind == "slack", Channel.external_id == channel_id))


def list_available_channels() -> list[SlackChannel]:
    """List every channel that the bot can see, to choose from. Asks Slack; raises ChannelError."""
    db.session.rollback()
    return slack_people.list_channels()


def fetch_channel(channel_id: str) -> SlackChannel:
    """Return the channel's current state in Slack. Raises ValidationError about "channel" with a sentence where it
    cannot be used.
    """
    db.session.rollback()
    try:
        channel_id = parse_channel_id(channel_id)
        slack_people.clear_cache(channel_id)
        info = slack_people.get_channel(channel_id)
    except ValueError as error:
        raise ValidationError(str(error), "channel") from None
    except errors.ChannelError as error:
        raise ValidationError(error.reason, "channel") from None
    if info.is_archived:
        raise ValidationError(
            gettext("#%(channel)s is archived. Bring it back or choose another channel.", channel=info.name), "channel"
        )
    if info.is_private and not info.is_member:
        raise ValidationError(
            gettext("The bot is not in #%(channel)s. Invite it with /invite first.", channel=info.name), "channel"
        )
    return info


def run_diagnostics() -> list[slack_check.CheckResult]:
    """Check the token, the permissions and every channel, and send a test message. Asks Slack; never raises."""
    triage, ids = settings.get("triage_channel"), [channel.external_id for channel in list_channels()]
    db.session.rollback()
    return slack_check.run_checks(triage, ids)


def set_triage_channel(info: SlackChannel, *, actor: User | None, internal_by_default: bool | None = None) -> Channel:
    """Make this the team's triage channel.

    Raises ValidationError for a channel shared with another company, ConflictError for a customer's channel.
    """
    if info.is_ext_shared:
        raise ValidationError(
            gettext("#%(channel)s is shared with another company, so it cannot be the team's.", channel=info.name),
            "channel",
        )
    channel = find_channel(info.id)
    if channel is not None and channel.audience != "team":
        raise ConflictError(
            gettext(
                "#%(channel)s is %(organization)s's channel.", channel=info.name, organization=channel.organization.name
            ),
            "channel",
        )
    if channel is None:
        channel = Channel(kind="slack", external_id=info.id, audience="team")
        db.session.add(channel)
    channel.removed_at = None
    update_channel_facts(channel, info)
    if internal_by_default is not None:
        channel.internal_by_default = internal_by_default
    before = settings.get("triage_channel")
    settings.set("triage_channel", info.id)
    db.session.flush()
    if before != info.id:
        audit_log.add_entry("changed a setting", actor, "triage_channel", value=[before, info.id])
    return channel


def bind_channel(
    info: SlackChannel, organization: Organization, *, actor: User | None, default: bool = True
) -> Channel:
    """Make this one of ``organization``'s channels; with ``default`` its tickets get their card here. Raises
    ConflictError.
    """
    ids = [each for each in organization_channels.list_channel_ids(FIELD, organization) if each != info.id]
    organization_channels.set_channels(FIELD, organization, [info.id, *ids] if default or not ids else [*ids, info.id])
    channel = find_channel(info.id)
    update_channel_facts(channel, info)
    audit_log.add_entry("connected a Slack channel", actor, channel.label, organization.id, channel=info.id)
    return channel


def unbind_channel(channel: Channel, *, actor: User | None) -> None:
    """Stop writing to the channel; existing messages stay."""
    if channel.audience == "customer":
        organization = db.session.get(Organization, channel.organization_id)
        organization_channels.set_channels(
            FIELD,
            organization,
            [
                each
                for each in organization_channels.list_channel_ids(FIELD, organization)
                if each != channel.external_id
            ],
        )
    else:
        channel.removed_at = clock.now()
        if settings.get("triage_channel") == channel.external_id:
            settings.set("triage_channel", "")
    db.session.flush()
    audit_log.add_entry(
        "disconnected a Slack channel", actor, channel.label, channel.organization_id, channel=channel.external_id
    )


def set_internal_by_default(channel: Channel, internal: bool, *, actor: User | None) -> None:
    """Set whether what agents type there is a note unless it begins with "reply:". Raises ValidationError where
    customers read the channel.
    """
    if internal and channel.audience == "customer":
        raise ValidationError(
            gettext("Customers read what is written in this channel, so nothing there is internal."),
            "internal_by_default",
        )
    if channel.internal_by_default != internal:
        channel.internal_by_default = internal
        audit_log.add_entry("changed who reads a Slack channel's replies", actor, channel.label, internal=internal)


def set_undo_mode(channel: Channel, mode: str, *, actor: User | None) -> None:
    """Set who has an agent's reply typed there before its undo time ends; "" follows the setting. Raises
    ValidationError.
    """
    if mode not in {"", *SETTINGS["slack_undo_mode"].choices}:
        raise ValidationError(gettext("Choose who has a reply before its undo time ends."), "undo_mode")
    if (channel.undo_mode or "") != mode:
        channel.undo_mode = mode or None
        audit_log.add_entry("changed who has a Slack channel's replies at once", actor, channel.label, mode=mode)


def update_channel_facts(channel: Channel, info: SlackChannel) -> None:
    """Store the channel's state in Slack: its name, whether it is shared with another company, and whether we can post
    there.
    """
    channel.name = info.name[:120] or channel.name
    was_shared = channel.is_shared or channel.blocked_reason == SHARED_CHANNEL_MESSAGE
    if info.is_ext_shared:
        _mark_shared(channel)
    elif was_shared:
        channel.is_shared = False
        if channel.blocked_reason == SHARED_CHANNEL_MESSAGE:
            channel.paused_until = None
            unblock_channel(channel)
    if info.is_archived:
        block_channel(channel, ARCHIVED_MESSAGE)
    elif (
        channel.blocked_reason
        and channel.blocked_reason != SHARED_CHANNEL_MESSAGE
        and (info.is_member or not info.is_private)
    ):
        unblock_channel(channel)


def change_channel_id(channel: Channel, new_id: str, info: SlackChannel | None) -> None:
    """Store the id that Slack gave the channel when it became shared; what came under it meanwhile is processed again.

    Threads keep their messages' timestamps. ``info`` is the channel's state under its new id, where it is known.
    """
    old_id = channel.external_id
    if old_id == new_id:
        return
    other = find_channel(new_id)
    if other is not None:
        _merge_channel(other, channel)
    channel.external_id = new_id
    if settings.get("triage_channel") == old_id:
        settings.set("triage_channel", new_id)
    unblock_channel(channel)
    if info is not None:
        update_channel_facts(channel, info)
    too_early = (
        InboundEvent.source == "slack",
        InboundEvent.ordering_key.startswith(f"slack:{new_id}:", autoescape=True),
    )
    db.session.execute(
        update(InboundEvent)
        .where(*too_early, InboundEvent.state == "ignored", InboundEvent.ticket_id.is_(None))
        .values(state="waiting", due_at=clock.now(), finished_at=None)
        .execution_options(synchronize_session=False)
    )


def _merge_channel(other: Channel, channel: Channel) -> None:
    """Move the threads of ``other``, which was added under the new id already, to ``channel``, and delete it."""
    db.session.execute(
        update(Thread)
        .where(Thread.channel_id == other.id)
        .values(channel_id=channel.id)
        .execution_options(synchronize_session="fetch")
    )
    channel.removed_at = channel.removed_at and other.removed_at
    db.session.delete(other)
    db.session.flush()


def _mark_shared(channel: Channel) -> None:
    """Mark the channel as shared with another company: a customer's channel continues with the rules for that, a team's
    is blocked.
    """
    if channel.audience == "customer":
        channel.is_shared = True
        return
    channel.paused_until = clock.now() + FAR_FUTURE
    block_channel(channel, SHARED_CHANNEL_MESSAGE)


def block_channel(channel: Channel, reason: str) -> None:
    """Store why nothing gets through; waiting deliveries keep waiting."""
    channel.blocked_reason = reason
    channel.blocked_at = channel.blocked_at or clock.now()
    live_events.publish_after_commit("desk")


def unblock_channel(channel: Channel) -> None:
    """Store that the channel works again, and retry waiting deliveries at once."""
    channel.blocked_reason = channel.blocked_at = None
    threads = select(Thread.id).where(Thread.channel_id == channel.id)
    db.session.execute(
        update(Delivery)
        .where(
            Delivery.id.in_(
                select(Delivery.id)
                .where(Delivery.thread_id.in_(threads), Delivery.state == DeliveryState.pending, Delivery.attempts > 0)
                .order_by(Delivery.id)
                .with_for_update(of=Delivery)
            )
        )
        .values(due_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    live_events.publish_after_commit("desk")
