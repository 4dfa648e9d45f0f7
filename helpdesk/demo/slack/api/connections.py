"""apps.connections.open: the door of Socket Mode."""

from helpdesk.demo import cast
from helpdesk.demo.slack import ids
from helpdesk.demo.slack.api.registry import Arguments, Refused, method


@method("apps.connections.open")
def open_connection(ws, args: Arguments) -> dict:
    if args.token != cast.APP_TOKEN:
        raise Refused("not_allowed_token_type")
    ticket = ids.new("t").lower()
    ws.sockets.tickets.add(ticket)
    return {"url": f"{ws.base.replace('http', 'ws', 1)}/link?ticket={ticket}&app_id={cast.APP_ID}"}
