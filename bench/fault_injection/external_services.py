"""The process of the external services: the demo's Slack workspace and mailbox, with their records readable over HTTP.

``python -m bench.fault_injection.external_services PORT SMTP_PORT PORTAL_URL``. Besides the demo's own addresses:
``POST /inspection/mailbox`` takes ``{"kind": …}`` as ``Mailbox.misbehave`` does (or ``{"behave": true}``);
``GET /inspection/records`` is everything recorded, ``/inspection/roots`` only the first messages of threads, and
``/inspection/calls`` how often each method was called.
"""

import base64
import hashlib
import sys

import flask

from bench.fault_injection import scenario
from helpdesk.demo import combined_app as demo
from helpdesk.demo import mailbox, personas, wsgi_server
from helpdesk.demo.slack_workspace import message_store, state
from helpdesk.stop_signal import StopSignal

EVENT_RETRY_SECONDS = (0.3, 4.0, 12.0)  # Slack's are 0, 60 and 300 (Events API reference), longer than a run


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    port, smtp_port, portal_url = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    mailbox_server = mailbox.Mailbox(smtp_port, portal_url=portal_url)
    app = demo.create_demo_app(portal_url, mailbox_server=mailbox_server, retry_delays=EVENT_RETRY_SECONDS)
    workspace = app.extensions["workspace"]
    _create_channels(workspace)
    _add_inspection_routes(app, workspace, mailbox_server)
    stop_signal = StopSignal()
    sys.setswitchinterval(0.002)
    with mailbox_server, wsgi_server.serve_app(app, port):
        stop_signal.wait()


def _create_channels(workspace) -> None:
    agents = [agent.slack for agent in scenario.AGENTS if agent.slack]
    channels = workspace.state.channels
    for company in scenario.COMPANIES:
        if company.channel not in channels:
            channels[company.channel] = state.ChannelState(company.channel, company.key)
        members = channels[company.channel].members
        members += [member for member in (*agents, personas.BOT_USER_ID) if member not in members]


def _add_inspection_routes(app: flask.Flask, workspace, mailbox_server) -> None:
    @app.post("/inspection/mailbox")
    def misbehave():
        options = flask.request.get_json()
        if options.pop("behave", False):
            mailbox_server.behave()
        else:
            mailbox_server.misbehave(**options)
        return {"ok": True}

    @app.get("/inspection/records")
    def records():
        with workspace.state.lock:
            channels = {
                channel.id: [
                    _format_message(message_store.format_message(channel, message, True))
                    for message in channel.messages.values()
                ]
                for channel in workspace.state.channels.values()
                if not channel.direct_with
            }
            calls = dict(workspace.state.calls)
        events = [{"status": attempt.status, "number": attempt.number} for attempt in list(workspace.events.log)]
        return {
            "channels": channels,
            "calls": calls,
            "events": events,
            "waiting": workspace.events.waiting,
            "failed": workspace.events.failed,
            "mails": [_format_mail(mail) for mail in mailbox_server.mails],
        }

    @app.get("/inspection/calls")
    def calls():
        with workspace.state.lock:
            return dict(workspace.state.calls)

    @app.get("/inspection/roots")
    def roots():
        with workspace.state.lock:
            return {
                channel.id: [
                    {"ts": ts, "words": scenario.find_words(message.get("text", ""))}
                    for ts, message in channel.messages.items()
                    if message.get("app_id") == personas.APP_ID and message.get("thread_ts", ts) == ts
                ]
                for channel in workspace.state.channels.values()
            }


def _format_message(message: dict) -> dict:
    is_ours = message.get("app_id") == personas.APP_ID
    return {
        "ts": message["ts"],
        "root": message.get("thread_ts", message["ts"]),
        "ours": is_ours,
        "user": "" if is_ours else message.get("user", ""),
        "words": sorted(set(scenario.find_words(str(message)))),
        "title": scenario.find_words(message.get("text", "")),
    }


def _format_mail(mail) -> dict:
    return {
        "to": list(mail.recipients),
        "message_id": mail.message_id,
        "hash": hashlib.sha256(mail.raw).hexdigest(),
        "words": scenario.find_words(mail.text),
        "all": sorted(set(scenario.find_words(f"{mail.subject} {mail.text} {mail.html}"))),
        "subject": mail.subject,
        "links": mail.links,
        "raw": base64.b64encode(mail.raw[:200]).decode(),
    }


if __name__ == "__main__":
    main()
