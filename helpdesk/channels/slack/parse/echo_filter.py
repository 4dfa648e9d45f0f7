"""Recognise our own new posts, which come back as events, by their envelope alone. Pure."""

from helpdesk.channels.slack.parse import envelopes, events, json_access

NEW_MESSAGE_SUBTYPES = {
    "",
    "bot_message",
    "file_share",
    "thread_broadcast",
}  # edits and deletions may be somebody else's


def is_echo(payload: dict) -> bool:
    """Return whether ``payload`` is about a message that this very app has just posted, and so contains nothing new."""
    if envelopes.payload_kind(payload) != "event":
        return False
    event = json_access.object_in(payload, "event")
    if event.get("type") != "message" or json_access.text_or_empty(event.get("subtype")) not in NEW_MESSAGE_SUBTYPES:
        return False
    return events.is_own_message(event, events.BotIdentity(app_id=json_access.text_or_empty(payload.get("api_app_id"))))
