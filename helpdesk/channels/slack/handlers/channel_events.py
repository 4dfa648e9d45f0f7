"""Apply changes of our channels, of the bot's membership in them, of profiles and of our own messages there."""

from helpdesk.channels.slack import channels
from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.handlers import deleted_cards, thread_lookup
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse.event_types import ChannelChangeEvent
from helpdesk.domain import tickets
from helpdesk.domain.inbox.results import Result, ignored_result
from helpdesk.domain.outbox import errors
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.user import User
from helpdesk.translation import N_

BLOCKED_REASONS = {
    "archived": N_("The Slack channel is archived."),
    "deleted": N_("The Slack channel was deleted."),
    "removed": N_("The bot was removed from this Slack channel. Invite it with /invite."),
}
UNINSTALLED_REASON = N_(
    "The Slack app was removed from the workspace, or its token was revoked. Install the app again."
)
REFETCH_EVENTS = {
    "shared",
    "unshared",
    "added",
    "unarchived",
    "moved",
}  # for these only Slack itself knows the current state


def fetch_channels(event: ChannelChangeEvent) -> dict[str, directory.ChannelInfo]:
    """Fetch the channel's current state, where the event alone does not contain it. A channel that the bot cannot see
    is left out.
    """
    if event.what == "profile":
        directory.clear_cache(event.author_id)
    channel_id = event.new_channel_id if event.what == "moved" else event.channel_id
    if event.what not in REFETCH_EVENTS or not channel_id:
        return {}
    directory.clear_cache(channel_id)
    try:
        return {channel_id: directory.get_channel(channel_id)}
    except (errors.PermanentError, errors.ChannelBlockedError):
        return {}


def handle_channel_event(event: ChannelChangeEvent, context: EventContext) -> Result:
    """Update what is stored about the channel."""
    what = event.what
    if what == "uninstalled":
        return _handle_uninstalled(event, context)
    if what == "profile":
        return _update_profile(event, context)
    channel = thread_lookup.find_channel(event.channel_id)
    if channel is None:
        return ignored_result("Not a channel of ours.")
    if what == "moved":
        if not event.new_channel_id:
            return ignored_result("Slack did not say where the channel went.")
        channels.change_channel_id(channel, event.new_channel_id, context.places.get(event.new_channel_id))
        return Result("done", f"The channel has a new id in Slack: {event.new_channel_id}.")
    if what == "own_deleted":
        return _handle_own_message_deleted(event, channel)
    if what in BLOCKED_REASONS:
        channels.block_channel(channel, BLOCKED_REASONS[what])
        return Result("done", BLOCKED_REASONS[what])
    if what == "renamed" and event.name:
        channel.name = event.name[:120]
        return Result("done", "The channel has a new name.")
    now = context.places.get(event.channel_id)
    if what in REFETCH_EVENTS and now is not None:
        channels.update_channel_facts(channel, now)
        return Result("done", f"The channel was {what}.")
    return ignored_result("Nothing that matters to us.")


def _handle_uninstalled(event: ChannelChangeEvent, context: EventContext) -> Result:
    """Block every channel where this installation lost its token, not where it was another workspace's or only a
    person's token.
    """
    ourselves = context.ourselves
    is_known = bool(ourselves.team_id)  # unknown: Slack no longer accepts our token, which settles it
    if is_known and event.team_id not in {"", ourselves.team_id, ourselves.enterprise_id}:
        return ignored_result("The app was removed from another workspace.")
    if is_known and event.bot_user_ids is not None and not ourselves.user_ids & set(event.bot_user_ids):
        return ignored_result("The token of somebody else was revoked.")
    for each in channels.list_channels():
        channels.block_channel(each, UNINSTALLED_REASON)
    return Result("done", UNINSTALLED_REASON)


def _update_profile(event: ChannelChangeEvent, context: EventContext) -> Result:
    profile = context.profiles.get(event.author_id)
    user = db.session.query(User).filter_by(slack_user_id=event.author_id).first() if profile else None
    if user is None:
        return ignored_result("Nobody we know.")
    ours = (user.picture_url or "").startswith("/")
    if profile.picture and not ours:
        user.picture_url = profile.picture[:500]
    return Result("done", "A new picture.")


def _handle_own_message_deleted(event: ChannelChangeEvent, channel: Channel) -> Result:
    """Record on the ticket that somebody deleted a message of ours in Slack; nothing is lost in the portal."""
    root = event.thread_id or event.external_id
    thread = thread_lookup.find_thread(event.channel_id, root) or deleted_cards.record_thread(event.channel_id, root)
    copy = thread_lookup.find_our_delivery(thread, event.external_id) if thread else None
    kind = copy.kind if copy is not None else DeliveryKind.card  # one that was deleted before it was found
    is_unknown = copy is None and (thread is None or thread.external_id != event.external_id)
    if is_unknown or kind in {DeliveryKind.line, DeliveryKind.mark} or _was_deleted_by_us(copy):
        return ignored_result("Ours to delete.")
    what = "card" if kind == DeliveryKind.card else "file" if kind == DeliveryKind.file else "message"
    ticket = tickets.lock(thread.ticket)
    tickets.add_event(ticket, "slack_deleted", None, team_only=True, what=what, channel=channel.label)
    return Result("done", f"Our {what} was deleted in Slack.", ticket.id)


def _was_deleted_by_us(copy: Delivery | None) -> bool:
    if copy is None:
        return False
    ours = db.session.query(Delivery.id).filter(
        Delivery.thread_id == copy.thread_id,
        Delivery.message_id == copy.message_id,
        Delivery.part == copy.part,
        Delivery.kind.in_((DeliveryKind.delete, DeliveryKind.delete_file)),
    )
    return copy.message_id is not None and ours.first() is not None
