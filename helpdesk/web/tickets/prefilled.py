"""What an address puts into the composer of a ticket: a macro, or a message that is quoted. Nothing is sent.

It is added to the reader's draft, so that opening such an address loses nothing.
"""

import json
from typing import Any

from flask import request
from flask_login import current_user
from sqlalchemy import select

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.people import drafts, permissions
from helpdesk.domain.tickets import canned_replies
from helpdesk.extensions import db
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.web.middleware import authentication
from helpdesk.web.tickets import agent_tools

MAX_QUOTED_LINES = 40


def prefilled_values(ticket: Ticket) -> dict[str, Any] | None:
    """The values of the composer; None where the address names nothing."""
    values = _macro_values(ticket) or _quoted_values(ticket)
    if values is None:
        return None
    draft = drafts.find_draft(authentication.get_current_user(), f"message-{ticket.number}")
    typed = str(json.loads(draft.content).get("body") or "").strip() if draft and draft.content else ""
    if typed:
        added = values["body"].strip()
        values["body"] = typed if added in typed else f"{typed}\n\n{added}\n"
    if typed and draft and draft.is_note:
        values |= {"kind": "note", "written_as": "note"}
    return values | {"is_prefilled": True}


def _macro_values(ticket: Ticket) -> dict[str, Any] | None:
    macro_id = parse_id(request.args.get("macro"))
    if macro_id is None or not current_user.is_team or ticket.is_closed:
        return None
    macro = canned_replies.find_reply(authentication.get_current_user(), macro_id)
    return agent_tools.filled_values(ticket, macro) if macro else None


def _quoted_values(ticket: Ticket) -> dict[str, Any] | None:
    """The message with a sign of quotation before each line; what quotes a note is a note."""
    message_id = parse_id(request.args.get("quote"))
    if message_id is None:
        return None
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.ticket_id == ticket.id))
    if message is None or message.deleted_at or not permissions.can_read(authentication.get_current_user(), message):
        return None
    lines = message.body.strip().splitlines()
    shown = [*lines[:MAX_QUOTED_LINES], "…"] if len(lines) > MAX_QUOTED_LINES else lines
    kind = "note" if message.is_note else "reply"
    written_as = "note" if message.is_note else ""
    return {"kind": kind, "written_as": written_as, "body": "".join(f"> {line}\n" for line in shown) + "\n"}
