"""Parse every payload Slack sends: one function for events, buttons, modals, shortcuts and commands."""

from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.parse import envelopes, events, interactions
from helpdesk.channels.slack.parse.event_types import SlackEvent
from helpdesk.channels.slack.render import mrkdwn


def parse_payload(payload: dict, names: mrkdwn.Names | None = None) -> list[SlackEvent]:
    """Return the events in ``payload``, a decoded request from Slack; [] where it does not concern us.

    ``names`` returns the name for an id of a user or channel, or None; without it names are looked up in Slack and
    cached for some minutes. Malformed input gives [], never an exception.
    """
    names = names or directory.get_name
    kind = envelopes.payload_kind(payload)
    if kind == "event":
        event = events.parse_event(payload, names)
        return [event] if event else []
    if kind == "action":
        return interactions.parse_interaction(payload, names)
    return [interactions.parse_command(payload)] if kind == "command" else []


def message_to_event(
    channel: str, message: dict, ourselves: events.BotIdentity, names: mrkdwn.Names | None = None
) -> SlackEvent | None:
    """Parse a message read from ``conversations.replies`` by the same rules as an event; None for a message that is
    ignored, such as our own.
    """
    payload = {
        "type": "event_callback",
        "team_id": ourselves.team_id,
        "event": {**message, "type": "message", "channel": channel},
    }
    return events.parse_event(payload, names or directory.get_name, ourselves)
