"""Socket Mode, spoken by slack_sdk's own client."""

import threading

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

from helpdesk.demo import personas, slack_workspace, wsgi_server

MAYA = "U0MAYA00001"


def test_events_and_commands_use_socket_mode_and_are_acknowledged():
    app = slack_workspace.create_workspace(retry_delays=())
    workspace = app.extensions["workspace"]
    requests, arrived = [], threading.Event()

    def listen(client, request):
        requests.append(request)
        answer = {"text": "three tickets"} if request.type == "slash_commands" else None
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=answer))
        arrived.set()

    with wsgi_server.serve_app(app) as server:
        web = WebClient(base_url=server.url + "/api/", retry_handlers=[])
        with pytest.raises(SlackApiError, match="not_allowed_token_type"):
            web.apps_connections_open(app_token=personas.BOT_TOKEN)
        client = SocketModeClient(personas.APP_TOKEN, web_client=web)
        client.socket_mode_request_listeners.append(listen)
        client.connect()
        try:
            assert workspace.state.wait(workspace.sockets.any, 60)
            workspace.say(MAYA, personas.TRIAGE_CHANNEL_ID, "through the wire " + "x" * 70_000)
            assert arrived.wait(60) and workspace.settle(60)
            assert requests[0].payload["event"]["text"].startswith("through the wire")
            assert workspace.events.log[-1].status == 200
            workspace.command(MAYA, personas.TRIAGE_CHANNEL_ID, "/ticket", "mine")
            assert requests[1].payload["command"] == "/ticket"
            assert workspace.ephemerals(user=MAYA)[0]["text"] == "three tickets"
        finally:
            client.close()
