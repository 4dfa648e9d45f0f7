"""Everything Slack sends, in our words: one function over events, buttons, forms, shortcuts and commands."""

from helpdesk.channels.slack import envelopes, events, interactions, mrkdwn, people
from helpdesk.channels.values import Heard


def parse(payload: dict, names: mrkdwn.Names | None = None) -> list[Heard]:
    """What people did according to ``payload``, a decoded request of Slack's; [] where it is nothing for us.

    ``names`` gives the name for an id of a user or channel, or None; without one they are looked up in Slack and kept
    for some minutes. Odd input is answered with [], never with an exception.
    """
    names = names or people.name
    kind = envelopes.kind(payload)
    if kind == "event":
        heard = events.heard(payload, names)
        return [heard] if heard else []
    if kind == "action":
        return interactions.heard(payload, names)
    return [interactions.command(payload)] if kind == "command" else []


def adopt(channel: str, message: dict, ourselves: events.Ourselves, names: mrkdwn.Names | None = None) -> Heard | None:
    """A message read from ``conversations.replies``, heard by the same rules as an event; None for our own and the like."""
    payload = {
        "type": "event_callback",
        "team_id": ourselves.team_id,
        "event": {**message, "type": "message", "channel": channel},
    }
    return events.heard(payload, names or people.name, ourselves)
