"""The mailbox's pages: a list, a mail in four views, an answer box. They refresh themselves."""

import base64
import http.client
import re
import urllib.parse

import flask

from helpdesk.demo import cast, faces
from helpdesk.demo.mailbox import answering
from helpdesk.demo.mailbox.box import Mailbox
from helpdesk.demo.mailbox.mails import Mail

SHOWN = 200
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A mail may look as it likes, but neither run anything nor fetch anything; its links open in a new tab.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; script-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


def create_mailbox(box: Mailbox) -> flask.Flask:
    """A Flask app that shows what is in the box.

    Its addresses: / · /mails.json?to= (oldest first, for scripts) · /<id> · /<id>/html · /<id>/raw · POST /<id>/reply.
    """
    app = flask.Flask(__name__, template_folder="templates", static_folder="static")
    app.extensions["mailbox"] = box
    app.jinja_env.globals.update(initials=_initials, name_of=_name_of)
    app.add_url_rule("/", "listing", lambda: _listing(box, "mailbox.html"))
    app.add_url_rule("/list", "list", lambda: _listing(box, "_list.html"))
    app.add_url_rule("/mails.json", "mails", lambda: _mails(box))
    app.add_url_rule("/stream", "stream", lambda: _stream(box))
    app.add_url_rule("/<int:number>", "mail", lambda number: _mail(box, number))
    app.add_url_rule("/<int:number>/html", "html", lambda number: _html(_found(box, number)))
    app.add_url_rule("/<int:number>/raw", "raw", lambda number: _raw(_found(box, number)))
    app.add_url_rule(
        "/<int:number>/attachments/<int:which>",
        "attachment",
        lambda number, which: _file(_found(box, number), which),
    )
    app.add_url_rule("/<int:number>/reply", "reply", lambda number: _reply(box, number), methods=["POST"])
    app.add_url_rule("/face/<path:who>.svg", "face", _face)

    @app.after_request
    def close_doors(response: flask.Response) -> flask.Response:
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app


def _listing(box: Mailbox, template: str) -> str:
    return flask.render_template(template, mails=_searched(box), wanted=_wanted(), mail=None, open=_open())


def _mails(box: Mailbox) -> flask.Response:
    wanted = flask.request.args.get("to", "")
    mails = box.to(wanted) if wanted else box.mails
    return flask.jsonify(
        [{"id": m.id, "subject": m.subject, "text": m.text, "html": m.html, "message_id": m.message_id} for m in mails]
    )


def _mail(box: Mailbox, number: int, **said) -> str:
    mail = _found(box, number)
    people = list(mail.recipients)
    return flask.render_template(
        "mailbox.html",
        mails=_searched(box),
        wanted=_wanted(),
        mail=mail,
        open=number,
        people=people,
        view=flask.request.args.get("view") or ("html" if mail.html else "text"),
        can_reply=bool(box.portal_url),
        said=said,
    )


def _html(mail: Mail) -> flask.Response:
    body = mail.html
    for part in mail.message.walk():
        if part.get("Content-ID"):
            data = base64.b64encode(part.get_payload(decode=True) or b"").decode()
            body = body.replace(
                f"cid:{part['Content-ID'].strip('<>')}", f"data:{part.get_content_type()};base64,{data}"
            )
    response = flask.Response('<base target="_blank">' + body, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def _raw(mail: Mail) -> flask.Response:
    return flask.Response(mail.raw, content_type="text/plain; charset=utf-8")


def _file(mail: Mail, which: int) -> flask.Response:
    if which >= len(mail.attachments):
        flask.abort(404)
    name, _, content = mail.attachments[which]
    response = flask.Response(content, content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _reply(box: Mailbox, number: int) -> flask.typing.ResponseReturnValue:
    mail = _found(box, number)
    text, by = flask.request.form.get("text", ""), flask.request.form.get("by", "") or mail.recipients[0]
    files = [(file.filename, file.read()) for file in flask.request.files.getlist("files") if file.filename]
    if not text.strip():
        return _mail(box, number, wrong="Write something first.", text=text), 422
    status = _deliver(box, answering.reply(mail, by, text, files))
    if 200 <= status < 300:
        return flask.redirect(flask.url_for("mail", number=number, sent=1, q=_wanted()))
    wrong = f"The portal answered {status}." if status else "The portal could not be reached."
    return _mail(box, number, wrong=f"{wrong} The reply was not taken.", text=text), 502


def _deliver(box: Mailbox, raw: bytes) -> int:
    parts = urllib.parse.urlsplit(box.portal_url or "")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=10)
    headers = {"Content-Type": "message/rfc822", "X-Inbound-Secret": box.inbound_secret}
    try:
        connection.request("POST", parts.path.rstrip("/") + "/hooks/email", raw, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _stream(box: Mailbox) -> flask.Response:
    def changes():
        seen = box.version
        yield "retry: 1000\n\n"
        for _ in range(40):
            now = box.wait_change(seen, 15)
            yield ": still here\n\n" if now == seen else f"data: {now}\n\n"
            seen = now

    return flask.Response(changes(), content_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _searched(box: Mailbox) -> list[Mail]:
    wanted = _wanted().casefold()
    found = reversed(box.mails)
    return [mail for mail in found if not wanted or any(wanted in to.casefold() for to in mail.recipients)][:SHOWN]


def _wanted() -> str:
    return flask.request.args.get("q", "").strip()


def _open() -> int:
    return flask.request.args.get("open", 0, type=int)


def _found(box: Mailbox, number: int) -> Mail:
    return box.mail(number) or flask.abort(404)


def _face(who: str) -> flask.Response:
    response = flask.Response(faces.of(who), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _name_of(address: str) -> str:
    try:
        return cast.person(address).name
    except KeyError:
        return address


def _initials(text: str) -> str:
    return "".join(word[0] for word in re.findall(r"\w+", text)[:2]).upper()
