"""Everything Slack sends, in our words: one function over events, buttons, forms, shortcuts and commands."""

from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.parse import envelopes, events, interactions
from helpdesk.channels.slack.parse.event_types import SlackEvent
from helpdesk.channels.slack.render import mrkdwn


def parse_payload(payload: dict, names: mrkdwn.Names | None = None) -> list[SlackEvent]:
    """What people did according to ``payload``, a decoded request of Slack's; [] where it is nothing for us.

    ``names`` gives the name for an id of a user or channel, or None; without one they are looked up in Slack and kept
    for some minutes. Odd input is answered with [], never with an exception.
    """
    names = names or directory.get_name
    kind = envelopes.payload_kind(payload)
    if kind == "event":
        heard = events.parse_event(payload, names)
        return [heard] if heard else []
    if kind == "action":
        return interactions.parse_interaction(payload, names)
    return [interactions.parse_command(payload)] if kind == "command" else []


def message_to_event(
    channel: str, message: dict, ourselves: events.BotIdentity, names: mrkdwn.Names | None = None
) -> SlackEvent | None:
    """A message read from ``conversations.replies``, heard by the same rules as an event; None for our own and the like."""
    payload = {
        "type": "event_callback",
        "team_id": ourselves.team_id,
        "event": {**message, "type": "message", "channel": channel},
    }
    return events.parse_event(payload, names or directory.get_name, ourselves)
