"""Events as Slack sends them, and what they are parsed into."""

from helpdesk.channels import slack

TS, ROOT = "1712345678.000200", "1712345600.000100"
NAMES = {"U1": "Maya"}.get


def envelope(event, **more):
    return {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": "T1",
        "api_app_id": "A1",
        "event": event,
        "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
        "is_ext_shared_channel": False,
    } | more


def said(**more):
    return {
        "type": "message",
        "channel": "C1",
        "user": "U1",
        "ts": TS,
        "thread_ts": ROOT,
        "text": "hello",
        "team": "T1",
    } | more


def hear(event, **more):
    return slack.parse_payload(envelope(event, **more), names=NAMES)
