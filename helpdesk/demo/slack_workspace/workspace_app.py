"""The workspace's HTTP endpoints: Web API, uploads and downloads, response URLs, Socket Mode and the control API."""

import json

import flask

from helpdesk.demo import avatars, personas
from helpdesk.demo.slack_workspace import api, api_faults, browser_page, control_api, shared_files, socket_mode
from helpdesk.demo.slack_workspace.api.registry import METHODS, Arguments, SlackApiError
from helpdesk.demo.slack_workspace.workspace import Workspace

SIGN_IN_PAGE = (
    "<!DOCTYPE html><html><head><title>Slack</title></head><body><form>Sign in to your workspace</form></body></html>"
)


def create_workspace(workspace: Workspace | None = None, **settings) -> flask.Flask:
    """A Flask app for one workspace (a new one made of `settings`, see Workspace).

    It is `app.extensions["workspace"]`.
    """
    ws = workspace or Workspace(**settings)
    app = flask.Flask(__name__, template_folder="templates", static_folder="static")
    app.config["MAX_CONTENT_LENGTH"] = 32 * 1024 * 1024
    app.extensions["workspace"] = ws
    app.extensions["base_url"] = ws.address
    app.extensions["end_threads"] = ws.events.stop
    app.json.ensure_ascii = False
    app.json.sort_keys = False

    @app.before_request
    def learn_address() -> None:
        if ws.address.get() is None:
            ws.address.set(flask.request.url_root)

    app.add_url_rule("/api/<method>", "api", lambda method: _call_method(ws, method), methods=["GET", "POST"])
    app.add_url_rule("/upload/v1/<key>", "upload", lambda key: _receive_upload(ws, key), methods=["POST", "PUT"])
    app.add_url_rule("/files-pri/<which>/<path:name>", "download", lambda which, name: _send_file(ws, which))
    app.add_url_rule(
        "/actions/<team>/<key>", "respond", lambda team, key: _handle_response_url(ws, key), methods=["POST"]
    )
    app.add_url_rule("/avatars/<who>.svg", "avatar", _show_avatar)
    app.add_url_rule("/emoji/<name>.png", "emoji_picture", lambda name: _send_emoji(ws, name))
    app.add_url_rule("/link", "link", lambda: socket_mode.WebSocketResponse(ws.sockets), websocket=True)
    control_api.register_routes(app, ws)
    browser_page.register_routes(app, ws)
    return app


def _call_method(ws: Workspace, name: str) -> flask.Response:
    if ws.api_faults.is_dark:
        return api_faults.ResetResponse()
    token, values = _read_arguments()
    with ws.state.lock:
        ws.state.calls[name] += 1
    channel = str(values.get("channel") or values.get("channel_id") or "")
    rule = ws.api_faults.choose(name, channel)
    if rule is None:
        wait = ws.limits.wait_for(name, channel)
        return _rate_limited_response(wait) if wait else _json_response(ws, name, _run_method(ws, name, token, values))
    return _apply_fault(ws, rule, name, token, values)


def _run_method(ws: Workspace, name: str, token: str, values: dict) -> dict:
    with ws.state.at_work():
        return _store(ws, name, token, values)


def _store(ws: Workspace, name: str, token: str, values: dict) -> dict:
    try:
        found = METHODS.get(name)
        if found is None:
            raise SlackApiError("unknown_method", req_method=name)
        _check_token(ws, found, token)
        with ws.state.lock:
            return {"ok": True, **found.run(ws, Arguments(values, token))}
    except SlackApiError as refusal:
        return refusal.answer


def _check_token(ws: Workspace, method: api.registry.Method, token: str) -> None:
    if not token:
        raise SlackApiError("not_authed")
    if token == personas.APP_TOKEN:
        if method.name != "apps.connections.open":
            raise SlackApiError("not_allowed_token_type")
        return
    if token != ws.bot_token:
        raise SlackApiError("invalid_auth")
    if ws.limits.revoked:
        raise SlackApiError("token_revoked")
    if method.scopes and not ws.scopes.intersection(method.scopes):
        raise SlackApiError("missing_scope", needed=method.scopes[0], provided=",".join(sorted(ws.scopes)))


def _apply_fault(ws: Workspace, rule: api_faults.ApiFault, name: str, token: str, values: dict) -> flask.Response:
    kind, how = rule.kind, rule.how
    if kind == "ratelimited":
        return _rate_limited_response(how.get("retry_after", 1))
    if kind == "error":
        return _json_response(ws, name, {"ok": False, "error": how.get("error", "internal_error")})
    if kind == "500_before":
        return _server_error_response()
    if kind == "reset_before":
        return api_faults.ResetResponse()
    if kind == "hang_before":
        return api_faults.HangingResponse(how.get("seconds", 30))
    if kind == "late":
        ws.api_faults.store_later(how.get("seconds", 5), lambda: _run_method(ws, name, token, values))
        return (
            api_faults.ResetResponse()
            if how.get("answer") == "reset"
            else api_faults.HangingResponse(how.get("hold", 60))
        )
    body = _run_method(ws, name, token, values)
    if kind == "500_after":
        return _server_error_response()
    if kind == "reset_after":
        return api_faults.ResetResponse()
    if kind == "half_after":
        return api_faults.TruncatedResponse(json.dumps(body).encode())
    return api_faults.HangingResponse(how.get("seconds", 30))


def _read_arguments() -> tuple[str, dict]:
    request = flask.request
    values = dict(request.args)
    if request.mimetype == "application/json":
        body = request.get_json(silent=True)
        values |= body if isinstance(body, dict) else {}
    else:
        values |= request.form.to_dict()
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else str(values.pop("token", ""))
    return token, values


def _json_response(ws: Workspace, name: str, body: dict) -> flask.Response:
    response = flask.Response(json.dumps(body), content_type="application/json; charset=utf-8")
    response.headers["X-OAuth-Scopes"] = ",".join(sorted(ws.scopes))
    if name in METHODS and METHODS[name].scopes:
        response.headers["X-Accepted-OAuth-Scopes"] = ",".join(METHODS[name].scopes)
    return response


def _rate_limited_response(seconds: float) -> flask.Response:
    response = flask.jsonify(ok=False, error="ratelimited")
    response.status_code = 429
    response.headers["Retry-After"] = str(seconds)
    return response


def _server_error_response() -> flask.Response:
    return flask.Response("<html><body>Internal Server Error</body></html>", 500, content_type="text/html")


def _receive_upload(ws: Workspace, key: str) -> flask.Response:
    if ws.api_faults.is_dark:
        return api_faults.ResetResponse()
    rule = ws.api_faults.choose("upload", "")
    if rule is not None and rule.kind.endswith("_before"):
        return _apply_fault(ws, rule, "upload", "", {})
    if flask.request.mimetype == "multipart/form-data":
        content = b"".join(part.read() for part in flask.request.files.values())
    else:
        content = flask.request.get_data(parse_form_data=False)
    with ws.state.lock:
        ws.state.calls["upload"] += 1
        file = ws.state.files.get(ws.state.uploads.get(key, ""))
        if file is None or file.get("_complete"):
            return flask.Response("Not found", 404)
        ws.state.contents[file["id"]] = content
        file["size"] = len(content)
    if rule is not None:
        return _server_error_response() if rule.kind == "500_after" else api_faults.ResetResponse()
    return flask.Response(f"OK - {len(content)}", content_type="text/plain")


def _send_file(ws: Workspace, which: str) -> flask.Response:
    if ws.api_faults.is_dark:
        return api_faults.ResetResponse()
    rule = ws.api_faults.choose("download", "")
    if rule is not None:
        return _apply_fault(ws, rule, "download", "", {})
    number = which.partition("-")[2]
    token, _ = _read_arguments()
    with ws.state.lock:
        ws.state.calls["download"] += 1
        file, content = ws.state.files.get(number), ws.state.contents.get(number)
    allowed = token == ws.bot_token and not ws.limits.revoked and "files:read" in ws.scopes
    if not allowed and not browser_page.is_page_user(ws):
        # Slack does not respond 401 here but with its sign-in page and status 200.
        return flask.Response(SIGN_IN_PAGE, content_type="text/html; charset=utf-8")
    if file is None or content is None:
        return flask.Response("Not found", 404)
    inline = file["mimetype"] in ("image/png", "image/jpeg", "image/gif", "image/webp")
    is_canvas = file["mimetype"] == shared_files.CANVAS_TYPE
    response = flask.Response(content, content_type="text/html" if is_canvas else file["mimetype"])
    kind = "inline" if inline else "attachment"
    response.headers.set("Content-Disposition", kind, filename=file["name"])
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _handle_response_url(ws: Workspace, key: str) -> flask.Response:
    content = flask.request.get_json(silent=True)
    if not isinstance(content, dict):
        return flask.Response("invalid_payload", 400)
    body, status = ws.interactivity.response_urls.respond(key, content)
    return flask.Response(body, status, content_type="text/plain")


def _send_emoji(ws: Workspace, name: str) -> flask.Response:
    """The picture, without a token: Slack's host for emoji asks for none."""
    return flask.Response(ws.state.emoji_pictures[name], content_type="image/png")


def _show_avatar(who: str) -> flask.Response:
    response = flask.Response(avatars.get_avatar(who), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response
