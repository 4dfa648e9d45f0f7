"""Drafts of forms, asked for and saved by the scripts of a page while its person types."""

import json
import logging
import re
from typing import Any

from flask import Blueprint, Response, abort, flash, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import drafts, permissions
from helpdesk.extensions import db
from helpdesk.models.draft import Draft
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.web.middleware import authentication

blueprint = Blueprint("drafts", __name__, url_prefix="/drafts")
TICKET_FORM_PATTERN = re.compile(r"(?:message|review)-(\d{1,18})")
EDIT_FORM_PATTERN = re.compile(r"edit-(\d{1,18})")
MAX_BYTES = 1024 * 1024  # of one request
MAX_UNANSWERED = 8
SENT_DRAFT = "@sent-draft"  # the category of the flashed name of a draft that was sent
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
log = logging.getLogger(__name__)


def empty_accepted_draft(response: Response) -> Response:
    """Empty the draft that the request's form names, if its view leads on to another page, and tell the browser there.

    Those of messages and tickets are emptied as they are stored. Who is first sent to a second factor has sent nothing.
    A browser keeps its own copy until a page says so: no page that it gets instead can take the words away.
    """
    is_form = request.method == "POST" and request.mimetype in FORM_TYPES
    is_accepted = is_form and response.status_code in (302, 303) and not g.get("is_refused")
    if not is_accepted or not current_user.is_authenticated or "draft_name" not in request.form:
        return response
    name = request.form["draft_name"]
    if drafts.NAME_PATTERN.fullmatch(name):
        flash(name, SENT_DRAFT)
    try:
        empty_sent_draft(authentication.get_current_user(), name)
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("A draft that was sent could not be emptied: %s", type(error).__name__)
    return response


@blueprint.get("/<draft_name>")
def show_draft(draft_name: str) -> ResponseReturnValue:
    """The reader's own draft of the form ``draft_name``: 204 where there is none."""
    if current_user.is_impersonating or not _is_page_of_reader(request.args.get("user")):
        return Response(status=204)
    draft = drafts.find_draft(authentication.get_current_user(), draft_name)
    return jsonify(_describe(draft)) if draft else Response(status=204)


@blueprint.post("/<draft_name>")
def save_draft(draft_name: str) -> ResponseReturnValue:
    """Save what was typed: 409 with the stored draft if another tab or device saved meanwhile."""
    request.max_content_length = MAX_BYTES
    user, message = authentication.get_current_user(), _find_edited_message(draft_name)
    ticket = message.ticket if message else _find_ticket(draft_name)
    typed = request.get_json(silent=True)
    if not isinstance(typed, dict) or not _is_page_of_reader(typed.get("user")):
        abort(400)
    content, revision, continues = (str(typed.get(key) or "") for key in ("content", "revision", "continues"))
    try:
        drafts.save_draft(
            user,
            draft_name,
            content,
            revision=revision,
            continues=continues,
            unanswered=_unanswered(typed),
            is_note=is_note(content) or (message is not None and message.is_note),
            ticket=ticket,
        )
    except ValidationError:
        abort(400)
    except ConflictError:
        db.session.rollback()
        stored = drafts.find_draft(authentication.get_current_user(), draft_name)
        return jsonify(_describe(stored) if stored else {"content": "", "revision": ""}), 409
    db.session.commit()
    return Response(status=204)


def empty_sent_draft(user: User, name: str) -> None:
    """Empty the draft that the request's form was restored from or saved as, in the transaction that sends it."""
    drafts.empty_sent_draft(user, name, request.form.get("draft"))


def is_note(content: str) -> bool:
    """Whether the form was a note when it was saved, or was begun as one."""
    try:
        fields = json.loads(content or "{}")
    except (ValueError, RecursionError):
        return False  # the domain refuses it
    return isinstance(fields, dict) and (fields.get("written_as") == "note" or fields.get("compose=note") is True)


def _is_page_of_reader(user_id: object) -> bool:
    """Whether the page belongs to who is signed in now: another tab may have signed in somebody else meanwhile."""
    return str(user_id) == str(authentication.get_current_user().id)


def _unanswered(typed: dict[str, Any]) -> list[str]:
    """The savings that the browser had no answer to."""
    named = typed.get("unanswered")
    return [str(each) for each in named[:MAX_UNANSWERED]] if isinstance(named, list) else []


def _find_ticket(name: str) -> Ticket | None:
    found = TICKET_FORM_PATTERN.fullmatch(name)
    if found is None:
        return None
    return permissions.find_ticket(authentication.get_current_user(), int(found[1])) or abort(404)


def _find_edited_message(name: str) -> Message | None:
    found = EDIT_FORM_PATTERN.fullmatch(name)
    if found is None:
        return None
    user, message = authentication.get_current_user(), db.session.get(Message, int(found[1]))
    is_editable = message is not None and permissions.can_read(user, message) and permissions.can_edit(user, message)
    return message if is_editable else abort(404)


def _describe(draft: Draft) -> dict[str, Any]:
    return {"content": draft.content, "revision": draft.revision}
