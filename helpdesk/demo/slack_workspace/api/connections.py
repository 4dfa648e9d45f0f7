"""apps.connections.open: returns the URL of a Socket Mode connection."""

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids
from helpdesk.demo.slack_workspace.api.registry import Arguments, SlackApiError, register_method


@register_method("apps.connections.open")
def open_connection(ws, args: Arguments) -> dict:
    """Return a WebSocket address for Socket Mode, valid once.

    Source: docs.slack.dev/reference/methods/apps.connections.open; sample api/apps.connections.open.json.
    """
    if args.token != personas.APP_TOKEN:
        raise SlackApiError("not_allowed_token_type")
    ticket = ids.create_id("t").lower()
    ws.sockets.connection_tickets.add(ticket)
    return {"url": f"{ws.base.replace('http', 'ws', 1)}/link?ticket={ticket}&app_id={personas.APP_ID}"}
