"""Serves all external services on one port: start page, Slack, mailbox, Google and Microsoft; SMTP on another port."""

import sys

import flask
from werkzeug.middleware import dispatcher

from helpdesk.demo import avatars, identity_providers, mailbox, personas, slack_workspace, wsgi_server
from helpdesk.stop_signal import StopSignal


def create_demo_app(
    portal_url: str = "http://127.0.0.1:5000",
    *,
    base_url: str | None = None,
    mailbox_server: mailbox.Mailbox | None = None,
    workspace: slack_workspace.Workspace | None = None,
    **slack_settings,
) -> flask.Flask:
    """One WSGI app with everything mounted. `extensions` has workspace, mailbox, google and microsoft.

    `portal_url` is where events, actions, commands and mail replies go; `base_url` is the app's own address,
    set by `wsgi_server.serve_app` if not given. The mailbox is not started here:
    `with app.extensions["mailbox"]` opens its SMTP port.
    """
    app = flask.Flask(__name__, template_folder="templates", static_folder="static")
    mailbox_server = mailbox_server or mailbox.Mailbox(portal_url=portal_url)
    workspace = workspace or slack_workspace.Workspace(portal_url=portal_url, **slack_settings)
    parts = {
        "/slack": slack_workspace.create_workspace(workspace),
        "/mailbox": mailbox.create_mailbox(mailbox_server),
        "/google": identity_providers.create_google(),
        "/microsoft": identity_providers.create_microsoft(),
    }
    app.extensions["workspace"] = workspace
    app.extensions["mailbox"] = mailbox_server
    app.extensions["google"] = parts["/google"].extensions["provider"]
    app.extensions["microsoft"] = parts["/microsoft"].extensions["provider"]
    app.extensions["base_url"] = _BaseUrls(parts)
    if base_url:
        app.extensions["base_url"].set(base_url)
    app.add_url_rule("/", "start", lambda: flask.render_template("start.html", cast=personas, portal=portal_url))
    app.add_url_rule(
        "/face/<who>.svg", "face", lambda who: flask.Response(avatars.get_avatar(who), content_type="image/svg+xml")
    )
    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    identity_providers.oidc_provider.add_security_headers(app)
    app.wsgi_app = dispatcher.DispatcherMiddleware(app.wsgi_app, parts)
    return app


def run_demo(
    port: int = 5001,
    smtp_port: int = 5002,
    portal_url: str = "http://127.0.0.1:5000",
    host: str = "127.0.0.1",
) -> None:
    """Serve until SIGTERM or SIGINT. Raises SystemExit with a sentence when a port is taken."""
    app = create_demo_app(portal_url, mailbox_server=mailbox.Mailbox(smtp_port, host, portal_url=portal_url))
    stop_signal = StopSignal()
    # Many short requests at once: threads that switch often let none of them wait long.
    sys.setswitchinterval(0.002)
    taken = smtp_port
    try:
        with app.extensions["mailbox"]:
            taken = port
            with wsgi_server.serve_app(app, port, host):
                stop_signal.wait()
    except OSError as error:
        raise SystemExit(f"The demo cannot use port {taken}: {error.strerror or error}.") from None


class _BaseUrls(wsgi_server.BaseUrl):
    """The app's own address, passed on to every mounted app with its path."""

    def __init__(self, parts: dict[str, flask.Flask]):
        super().__init__()
        self._parts = parts

    def set(self, url: str) -> None:
        super().set(url)
        for path, part in self._parts.items():
            if "base_url" in part.extensions:
                part.extensions["base_url"].set(url.rstrip("/") + path)
