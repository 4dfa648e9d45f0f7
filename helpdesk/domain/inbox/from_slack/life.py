"""What happens to our channels, to the bot in them, to people and to our own messages there."""

from helpdesk.channels import errors
from helpdesk.channels.slack import people
from helpdesk.channels.values import Heard
from helpdesk.domain import channels, tickets
from helpdesk.domain.inbox.from_slack import places
from helpdesk.domain.inbox.from_slack.understood import Understood
from helpdesk.domain.inbox.results import Result, ignored
from helpdesk.extensions import db
from helpdesk.models.channels import Channel
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery

BLOCKS = {
    "archived": "The Slack channel is archived.",
    "deleted": "The Slack channel was deleted.",
    "removed": "The bot was removed from this Slack channel. Invite it with /invite.",
}
UNINSTALLED = "The Slack app was removed from the workspace, or its token was revoked. Install the app again."
LOOKS = {"shared", "unshared", "added", "unarchived"}  # of these only Slack itself knows how things stand now


def look(heard: Heard) -> dict[str, people.Channel]:
    """How the channel stands now, where the event alone does not say. A channel that cannot be seen is left out."""
    if heard.data.get("what") == "profile":
        people.forget(heard.author_id)
    if heard.data.get("what") not in LOOKS or not heard.channel_id:
        return {}
    people.forget(heard.channel_id)
    try:
        return {heard.channel_id: people.channel(heard.channel_id)}
    except (errors.Permanent, errors.Blocked):
        return {}


def happened(heard: Heard, understood: Understood) -> Result:
    """Keep what we know of the channel true."""
    what = heard.data.get("what")
    if what == "uninstalled":
        for each in channels.listed():
            channels.block(each, UNINSTALLED)
        return Result("done", UNINSTALLED)
    if what == "profile":
        return _profile(heard, understood)
    channel = places.channel(heard.channel_id)
    if channel is None:
        return ignored("Not a channel of ours.")
    if what == "own_deleted":
        return _own_deleted(heard, channel)
    if what in BLOCKS:
        channels.block(channel, BLOCKS[what])
        return Result("done", BLOCKS[what])
    if what == "renamed" and heard.data.get("name"):
        channel.name = heard.data["name"][:120]
        return Result("done", "The channel has a new name.")
    now = understood.places.get(heard.channel_id)
    if what in LOOKS and now is not None:
        channels.keep_true(channel, now)
        return Result("done", f"The channel was {what}.")
    return ignored("Nothing that matters to us.")


def _profile(heard: Heard, understood: Understood) -> Result:
    profile = understood.profiles.get(heard.author_id)
    user = db.session.query(User).filter_by(slack_user_id=heard.author_id).first() if profile else None
    if user is None:
        return ignored("Nobody we know.")
    ours = (user.picture_url or "").startswith("/")
    if profile.picture and not ours:
        user.picture_url = profile.picture[:500]
    return Result("done", "A new picture.")


def _own_deleted(heard: Heard, channel: Channel) -> Result:
    """Somebody deleted a message of ours: nothing is lost in the portal, and the team may know."""
    thread = places.thread(heard.channel_id, heard.thread_id or heard.external_id)
    copy = places.our_copy(thread, heard.external_id) if thread else None
    if copy is None or copy.kind in {"line", "mark"} or _we_did(copy):
        return ignored("Ours to delete.")
    what = "card" if copy.kind == "card" else "file" if copy.kind == "file" else "message"
    ticket = tickets.lock(thread.ticket)
    tickets.say_event(ticket, "slack_deleted", None, team_only=True, what=what, channel=channel.label)
    return Result("done", f"Our {what} was deleted in Slack.", ticket.id)


def _we_did(copy: Delivery) -> bool:
    ours = db.session.query(Delivery.id).filter(
        Delivery.thread_id == copy.thread_id,
        Delivery.message_id == copy.message_id,
        Delivery.part == copy.part,
        Delivery.kind.in_(("delete", "delete_file")),
    )
    return copy.message_id is not None and ours.first() is not None
