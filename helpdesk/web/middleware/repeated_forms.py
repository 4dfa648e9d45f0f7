"""Forms that make something are sent once: a second sending of the same form, as by a double click, makes nothing.

Such a form has the field that ``forms.once()`` writes. It is bound to what the form says, so that somebody who went
back and changed their words sends another one. What was sent is noted in the transaction that stores it.
Forms whose answer shows a secret have a ``form_token`` instead: sent again, they are answered with the same secret.
"""

import secrets

from flask import Flask, flash, request
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue

from helpdesk.domain import idempotency
from helpdesk.domain.people import drafts
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.web.form_tokens import read_form_token
from helpdesk.web.middleware import authorization
from helpdesk.web.request import get_path_of_page
from helpdesk.web.templating import htmx_responses

FIELD_NAME = "sent_once"


def register(app: Flask) -> None:
    """Let templates make the token of a form."""
    app.jinja_env.globals["new_form_token"] = lambda: secrets.token_hex(16)


def refuse_repeated(_audience: object, user: User | None) -> ResponseReturnValue | None:
    """Answer a form that was sent already with the page to which it belongs; one that is being sent is waited for."""
    if request.method != "POST" or user is None or not user.is_authenticated or FIELD_NAME not in request.form:
        return None
    token = read_form_token(request.path, field=FIELD_NAME)
    if token is None or drafts.mark_sent(user, token):
        return None
    db.session.rollback()
    flash(str(idempotency.SENT_TWICE), "info")
    return htmx_responses.redirect_to(_get_page())


def _get_page() -> str:
    """The list to whose address the form was sent, else the page that it was on."""
    adapter = request_ctx.url_adapter
    if adapter is not None and adapter.test(request.path, "GET"):
        return request.path
    return authorization.get_safe_next_path(get_path_of_page(request.referrer)) or "/"
