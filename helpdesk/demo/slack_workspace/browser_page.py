"""The browser page of the workspace, used as any of its users.

It loads its parts again whenever something changed.
"""

import json
import re
import urllib.parse

import flask

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import html_renderer, message_store
from helpdesk.demo.slack_workspace.workspace import Workspace

COOKIE_NAME = "demo_workspace"
REACTION_NAMES = ("eyes", "white_check_mark", "+1", "tada", "heart", "raised_hands")
SHORTCUTS = (("create_ticket", "Create a ticket"),)
MAX_MESSAGES = 200
ACTION_NAMES = {
    "say",
    "edit",
    "delete",
    "react",
    "press",
    "press_view",
    "shortcut",
    "submit",
    "close",
    "command",
    "home",
    "options",
}


def register_routes(app: flask.Flask, ws: Workspace) -> None:
    """Add the page and its endpoints: / · /page/parts · /page/do · /page/stream · /archives/…"""
    show = html_renderer.HtmlRenderer(ws)
    app.jinja_env.globals.update(
        show=show,
        moment=html_renderer.format_timestamp,
        emojis=html_renderer.replace_emoji,
        reactions=REACTION_NAMES,
        shortcuts=SHORTCUTS,
        cast=personas,
    )
    app.add_url_rule("/", "page", lambda: _show_page(ws))
    app.add_url_rule(
        "/archives/<channel>/p<stamp>", "archives", lambda channel, stamp: _redirect_permalink(ws, channel, stamp)
    )
    app.add_url_rule("/page/parts", "parts", lambda: _show_parts(ws))
    app.add_url_rule("/page/do", "do", lambda: _run_action(ws), methods=["POST"])
    app.add_url_rule("/page/stream", "stream", lambda: _stream_changes(ws))

    @app.after_request
    def add_security_headers(response: flask.Response) -> flask.Response:
        if response.mimetype == "text/html":
            pictures = " ".join(sorted({"'self'", "data:", *_list_origins(ws)}))
            response.headers.setdefault(
                "Content-Security-Policy",
                f"default-src 'none'; style-src 'self'; script-src 'self'; img-src {pictures}; connect-src 'self'; "
                "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            )
            response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def is_page_user(ws: Workspace) -> bool:
    """Whether this request comes from a browser that has the page open; it may see the files."""
    return flask.request.cookies.get(COOKIE_NAME) == "open"


def _show_page(ws: Workspace) -> flask.Response:
    me, conversation, thread = _parse_place(ws)
    everybody = [user for user in ws.state.users.values() if _is_selectable(user)]
    with ws.state.lock:
        html = flask.render_template(
            "workspace.html",
            me=me,
            channel=conversation,
            thread=thread,
            everybody=everybody,
            version=ws.state.version,
            **_render_parts(ws, me, conversation, thread),
        )
    response = flask.Response(html)
    response.set_cookie(COOKIE_NAME, "open", httponly=True, samesite="Lax", path=flask.request.script_root + "/")
    return response


def _redirect_permalink(ws: Workspace, channel: str, stamp: str) -> flask.typing.ResponseReturnValue:
    ts = f"{stamp[:-6]}.{stamp[-6:]}"
    thread = flask.request.args.get("thread_ts")
    with ws.state.lock:
        if channel not in ws.state.channels or ts not in ws.state.channels[channel].messages:
            flask.abort(404)
        if thread is None and ts in ws.state.channels[channel].threads:
            thread = ts
    place = {"c": channel} | ({"t": thread} if thread else {})
    return flask.redirect(flask.url_for("page") + "?" + urllib.parse.urlencode(place) + f"#m{ts.replace('.', '-')}")


def _show_parts(ws: Workspace) -> flask.Response:
    me, conversation, thread = _parse_place(ws)
    with ws.state.lock:
        parts = {"version": ws.state.version, **_render_parts(ws, me, conversation, thread)}
    return flask.Response(json.dumps(parts), content_type="application/json", headers={"Cache-Control": "no-store"})


def _render_parts(ws: Workspace, me: dict, conversation, thread: str | None) -> dict:
    conversations = [c for c in ws.state.channels.values() if me["id"] in c.members and not c.direct_with]
    ephemerals = [
        w for w in ws.state.ephemerals if w["user_to"] == me["id"] and conversation and w["channel"] == conversation.id
    ]
    messages, replies = [], []
    if conversation is not None:
        in_channel = [
            m
            for m in conversation.messages.values()
            if m.get("thread_ts") in (None, m["ts"]) or m.get("subtype") == "thread_broadcast"
        ][-MAX_MESSAGES:]
        messages = [message_store.format_message(conversation, m) for m in in_channel] + [
            w for w in ephemerals if not w.get("thread_ts")
        ]
        if thread:
            stamps = [thread, *conversation.threads.get(thread, [])]
            replies = [
                message_store.format_message(conversation, conversation.messages[ts])
                for ts in stamps
                if ts in conversation.messages
            ]
            replies += [w for w in ephemerals if w.get("thread_ts") == thread]
    stack = ws.state.stacks.get(me["id"])
    view = ws.state.views[stack[-1]] if stack else None
    context = {"me": me, "channel": conversation, "thread": thread, "base": ws.base, "ws": ws, "files": ws.state.files}
    return {
        "channels": flask.render_template("_channels.html", channels=conversations, **context),
        "messages": flask.render_template(
            "_messages.html", messages=sorted(messages, key=_get_time), inside=False, **context
        )
        if conversation is not None
        else flask.render_template("_home.html", view=ws.state.homes.get(me["id"]), **context),
        "replies": flask.render_template(
            "_messages.html", messages=sorted(replies, key=_get_time), inside=True, **context
        )
        if thread
        else "",
        "modal": flask.render_template("_modal.html", view=view, depth=len(stack), **context) if view else "",
    }


def _run_action(ws: Workspace) -> flask.typing.ResponseReturnValue:
    if flask.request.headers.get("X-Page") != "1":
        flask.abort(400)
    order = json.loads(flask.request.form.get("order", "{}"))
    verb, me = order.pop("do", ""), order.pop("me", "")
    if verb not in ACTION_NAMES or not _is_selectable(ws.state.users.get(me, {})):
        flask.abort(400)
    try:
        return flask.jsonify(ok=True, result=_perform_action(ws, verb, me, order))
    except (KeyError, LookupError, PermissionError, TypeError, ValueError) as error:
        return flask.jsonify(ok=False, error=str(error)), 422


def _perform_action(ws: Workspace, verb: str, me: str, order: dict):
    if verb in ("say", "edit"):
        order["text"] = _encode_mentions(ws, order.get("text", ""))
    if verb == "say":
        attached = [
            (f.filename or "file", f.read(), f.mimetype) for f in flask.request.files.getlist("files") if f.filename
        ]
        if not order["text"].strip() and not attached:
            return None
        return ws.say(me, files=attached, **order)
    if verb == "react":
        return ws.react(me, **order) or ws.unreact(me, **order)
    if verb == "command":
        return ws.command(me, **order)[0]
    if verb == "options":
        view = ws.modal(me)
        return ws.interactivity.suggestions(me, view, **order) if view else []
    if verb in ("press", "press_view", "shortcut"):
        response = getattr(ws, verb)(me, **order)
        return {"status": response.status, "reason": response.reason}
    return getattr(ws, verb)(me, **order)


def _stream_changes(ws: Workspace) -> flask.Response:
    def changes():
        seen = flask.request.args.get("since", ws.state.version, type=int)
        yield "retry: 1000\n\n"
        for _ in range(80):
            now = ws.state.wait_change(seen, 15)
            yield ": still here\n\n" if now == seen else f"data: {now}\n\n"
            seen = now

    streamed = flask.stream_with_context(changes())
    return flask.Response(streamed, content_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _parse_place(ws: Workspace):
    wanted = flask.request.args
    me = ws.state.users.get(wanted.get("as", ""), {})
    if not _is_selectable(me):
        me = ws.state.users[personas.AGENTS[0].slack]
    if wanted.get("c") == "home":
        return me, None, None
    conversation = ws.state.channels.get(wanted.get("c", ""))
    if conversation is None or me["id"] not in conversation.members or conversation.direct_with:
        conversation = next(c for c in ws.state.channels.values() if me["id"] in c.members)
    thread = wanted.get("t")
    return me, conversation, thread if thread in conversation.messages else None


def _encode_mentions(ws: Workspace, text: str) -> str:
    names = {}
    for user in ws.state.users.values():
        real_name = user["profile"]["real_name"]
        for name in (real_name, user["name"], real_name.split()[0]):
            names[name.casefold()] = f"<@{user['id']}>"
    conversations = {
        conversation.name: f"<#{conversation.id}|{conversation.name}>"
        for conversation in ws.state.channels.values()
        if conversation.name
    }
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    text = re.sub(
        rf"(?<![\w<@.])@({pattern})\b",
        lambda found: names[found.group(1).casefold()],
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"(?<!\S)@(here|channel|everyone)\b", r"<!\1>", text)
    return re.sub(r"(?<![\w<#&])#([a-z0-9-]+)", lambda found: conversations.get(found.group(1), found.group(0)), text)


def _list_origins(ws: Workspace) -> set[str]:
    urls = (ws.events.url, ws.interactivity.actions_url)
    return {"{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url)) for url in urls if url}


def _is_selectable(user: dict) -> bool:
    return bool(user) and not user["deleted"] and not user["is_bot"] and user["id"] != "USLACKBOT"


def _get_time(message: dict) -> float:
    return float(message["ts"])
