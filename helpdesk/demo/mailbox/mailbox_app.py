"""The mailbox's pages: a list, a mail in four views, a reply form. They refresh themselves."""

import base64
import http.client
import re
import urllib.parse

import flask

from helpdesk.demo import avatars, personas
from helpdesk.demo.mailbox import reply_composer
from helpdesk.demo.mailbox.smtp_server import Mailbox
from helpdesk.demo.mailbox.stored_mail import Mail

PAGE_SIZE = 200
PAGE_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A mail may look as it likes, but neither run anything nor fetch anything; its links open in a new tab.
MAIL_CONTENT_SECURITY_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; script-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


def create_mailbox(mailbox: Mailbox) -> flask.Flask:
    """A Flask app that shows the mails of a mailbox.

    Its addresses: / · /mails.json?to= (oldest first, for scripts) · /<id> · /<id>/html · /<id>/raw · POST /<id>/reply.
    """
    app = flask.Flask(__name__, template_folder="templates", static_folder="static")
    app.extensions["mailbox"] = mailbox
    app.jinja_env.globals.update(initials=_get_initials, name_of=_get_person_name)
    app.add_url_rule("/", "listing", lambda: _show_list(mailbox, "mailbox.html"))
    app.add_url_rule("/list", "list", lambda: _show_list(mailbox, "_list.html"))
    app.add_url_rule("/mails.json", "mails", lambda: _list_mails_json(mailbox))
    app.add_url_rule("/stream", "stream", lambda: _stream_changes(mailbox))
    app.add_url_rule("/<int:number>", "mail", lambda number: _show_mail(mailbox, number))
    app.add_url_rule("/<int:number>/html", "html", lambda number: _show_html(_get_mail_or_404(mailbox, number)))
    app.add_url_rule("/<int:number>/raw", "raw", lambda number: _download_raw(_get_mail_or_404(mailbox, number)))
    app.add_url_rule(
        "/<int:number>/attachments/<int:which>",
        "attachment",
        lambda number, which: _download_attachment(_get_mail_or_404(mailbox, number), which),
    )
    app.add_url_rule("/<int:number>/reply", "reply", lambda number: _send_reply(mailbox, number), methods=["POST"])
    app.add_url_rule("/face/<path:who>.svg", "face", _show_avatar)

    @app.after_request
    def add_security_headers(response: flask.Response) -> flask.Response:
        response.headers.setdefault("Content-Security-Policy", PAGE_CONTENT_SECURITY_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app


def _show_list(mailbox: Mailbox, template: str) -> str:
    return flask.render_template(
        template, mails=_search_mails(mailbox), wanted=_get_search_text(), mail=None, open=_get_open_mail()
    )


def _list_mails_json(mailbox: Mailbox) -> flask.Response:
    wanted = flask.request.args.get("to", "")
    mails = mailbox.list_for(wanted) if wanted else mailbox.mails
    return flask.jsonify(
        [{"id": m.id, "subject": m.subject, "text": m.text, "html": m.html, "message_id": m.message_id} for m in mails]
    )


def _show_mail(mailbox: Mailbox, number: int, **said) -> str:
    mail = _get_mail_or_404(mailbox, number)
    people = list(mail.recipients)
    return flask.render_template(
        "mailbox.html",
        mails=_search_mails(mailbox),
        wanted=_get_search_text(),
        mail=mail,
        open=number,
        people=people,
        view=flask.request.args.get("view") or ("html" if mail.html else "text"),
        can_reply=bool(mailbox.portal_url),
        said=said,
    )


def _show_html(mail: Mail) -> flask.Response:
    body = mail.html
    for part in mail.message.walk():
        if part.get("Content-ID"):
            data = base64.b64encode(part.get_payload(decode=True) or b"").decode()
            body = body.replace(
                f"cid:{part['Content-ID'].strip('<>')}", f"data:{part.get_content_type()};base64,{data}"
            )
    response = flask.Response('<base target="_blank">' + body, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = MAIL_CONTENT_SECURITY_POLICY
    return response


def _download_raw(mail: Mail) -> flask.Response:
    return flask.Response(mail.raw, content_type="text/plain; charset=utf-8")


def _download_attachment(mail: Mail, which: int) -> flask.Response:
    if which >= len(mail.attachments):
        flask.abort(404)
    name, _, content = mail.attachments[which]
    response = flask.Response(content, content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _send_reply(mailbox: Mailbox, number: int) -> flask.typing.ResponseReturnValue:
    mail = _get_mail_or_404(mailbox, number)
    text, by = flask.request.form.get("text", ""), flask.request.form.get("by", "") or mail.recipients[0]
    files = [(file.filename, file.read()) for file in flask.request.files.getlist("files") if file.filename]
    if not text.strip():
        return _show_mail(mailbox, number, wrong="Write something first.", text=text), 422
    status = _deliver_to_portal(mailbox, reply_composer.build_reply(mail, by, text, files))
    if 200 <= status < 300:
        return flask.redirect(flask.url_for("mail", number=number, sent=1, q=_get_search_text()))
    wrong = f"The portal answered {status}." if status else "The portal could not be reached."
    return _show_mail(mailbox, number, wrong=f"{wrong} The reply was not taken.", text=text), 502


def _deliver_to_portal(mailbox: Mailbox, raw: bytes) -> int:
    parts = urllib.parse.urlsplit(mailbox.portal_url or "")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=10)
    headers = {"Content-Type": "message/rfc822", "X-Inbound-Secret": mailbox.inbound_secret}
    try:
        connection.request("POST", parts.path.rstrip("/") + "/hooks/email", raw, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _stream_changes(mailbox: Mailbox) -> flask.Response:
    def changes():
        seen = mailbox.version
        yield "retry: 1000\n\n"
        for _ in range(40):
            now = mailbox.wait_change(seen, 15)
            yield ": still here\n\n" if now == seen else f"data: {now}\n\n"
            seen = now

    return flask.Response(changes(), content_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _search_mails(mailbox: Mailbox) -> list[Mail]:
    wanted = _get_search_text().casefold()
    found = reversed(mailbox.mails)
    return [mail for mail in found if not wanted or any(wanted in to.casefold() for to in mail.recipients)][:PAGE_SIZE]


def _get_search_text() -> str:
    return flask.request.args.get("q", "").strip()


def _get_open_mail() -> int:
    return flask.request.args.get("open", 0, type=int)


def _get_mail_or_404(mailbox: Mailbox, number: int) -> Mail:
    return mailbox.mail(number) or flask.abort(404)


def _show_avatar(who: str) -> flask.Response:
    response = flask.Response(avatars.get_avatar(who), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _get_person_name(address: str) -> str:
    try:
        return personas.get_person(address).name
    except KeyError:
        return address


def _get_initials(text: str) -> str:
    return "".join(word[0] for word in re.findall(r"\w+", text)[:2]).upper()
