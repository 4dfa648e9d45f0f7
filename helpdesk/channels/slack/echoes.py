"""Our own new posts come back as events, one for each. They are told by their envelope alone. Pure."""

from helpdesk.channels.slack import envelopes, events, shapes

NEW = {"", "bot_message", "file_share", "thread_broadcast"}  # changes and deletions may be somebody else's


def is_echo(payload: dict) -> bool:
    """Whether ``payload`` tells of a message that this very app has just posted, and so is nothing new to it."""
    if envelopes.kind(payload) != "event":
        return False
    event = shapes.part(payload, "event")
    if event.get("type") != "message" or shapes.text(event.get("subtype")) not in NEW:
        return False
    return events.is_ours(event, events.Ourselves(app_id=shapes.text(payload.get("api_app_id"))))
