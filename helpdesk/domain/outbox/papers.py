"""What goes to Slack: a delivery's row becomes a Web API method and its arguments."""

from sqlalchemy import select

from helpdesk import storage, urls
from helpdesk.channels.slack import blocks
from helpdesk.domain import words
from helpdesk.domain.outbox.reasons import NotYet, Skip
from helpdesk.extensions import db
from helpdesk.models.forms import Answer
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Attachment, Message, Ticket

ON_CARD = 1_200  # characters of the first message shown on the card


def compose(delivery: Delivery) -> tuple[str, dict]:
    """(method, arguments) of ``delivery``. Raises Skip or NotYet."""
    return COMPOSERS[delivery.kind](delivery)


def card(ticket: Ticket, shared: bool) -> dict:
    """The card of ``ticket`` as it is now: text, blocks, attachments. ``shared``: outsiders read it."""
    first = db.session.scalar(select(Message).where(Message.ticket_id == ticket.id).order_by(Message.seq).limit(1))
    answers = db.session.scalars(select(Answer).where(Answer.ticket_id == ticket.id).order_by(Answer.id))
    values = blocks.CardValues(
        number=ticket.number,
        subject=ticket.subject,
        organization=ticket.organization.name,
        requester=ticket.requester.display_name,
        status=ticket.status,
        status_word=words.status(ticket.status),
        priority=ticket.priority,
        url=urls.ticket(ticket.number),
        excerpt=(first.body if first else "")[:ON_CARD],
        answers=tuple((a.field.label, a.text) for a in answers if a.text and not (shared and a.field.team_only)),
        assignee=ticket.assignee.display_name if ticket.assignee else None,
        shared=shared,
    )
    text, made, attachments = blocks.card(values)
    return {"text": text, "blocks": made, "attachments": attachments}


def _card(delivery: Delivery) -> tuple[str, dict]:
    thread = delivery.thread
    return "chat.postMessage", {"channel": thread.channel.external_id, **card(thread.ticket, thread.channel.is_shared)}


def _card_update(delivery: Delivery) -> tuple[str, dict]:
    thread = delivery.thread
    place = {"channel": thread.channel.external_id, "ts": thread.external_id}
    return "chat.update", place | card(thread.ticket, thread.channel.is_shared)


def _message(delivery: Delivery) -> tuple[str, dict]:
    if delivery.message.deleted_at:
        raise Skip("Deleted before it left.")
    thread = delivery.thread
    place = {"channel": thread.channel.external_id, "thread_ts": thread.external_id}
    return "chat.postMessage", place | _speech(delivery)


def _edit(delivery: Delivery) -> tuple[str, dict]:
    return "chat.update", _place_of_copy(delivery) | _without_author(_speech(delivery))


def _delete(delivery: Delivery) -> tuple[str, dict]:
    return "chat.delete", _place_of_copy(delivery)


def _file(delivery: Delivery) -> tuple[str, dict]:
    attachment = db.session.get(Attachment, delivery.data["attachment"])
    if attachment is None or attachment.state != "stored" or delivery.message.deleted_at:
        raise Skip("The file is gone.")
    thread = delivery.thread
    return "files.upload", {
        "channel": thread.channel.external_id,
        "thread_ts": thread.external_id,
        "filename": attachment.name,
        "data": storage.read(attachment.key),
        "author": delivery.message.speaker,
    }


def _delete_file(delivery: Delivery) -> tuple[str, dict]:
    return "files.delete", {"file": _copy(delivery, "file").external_id}


def _mark(delivery: Delivery) -> tuple[str, dict]:
    place = {"channel": delivery.thread.channel.external_id, "timestamp": delivery.data["timestamp"]}
    return delivery.data["method"], place | {"name": delivery.data["name"]}


def _line(delivery: Delivery) -> tuple[str, dict]:
    thread = delivery.thread
    place = {"channel": thread.channel.external_id, "thread_ts": thread.external_id}
    return "chat.postMessage", place | blocks.event(delivery.data["sentence"])


def _speech(delivery: Delivery) -> dict:
    message = delivery.message
    picture = urls.absolute(message.picture) if (message.picture or "").startswith("/") else message.picture or ""
    if message.is_note:
        if delivery.thread.is_customers:
            raise Skip("A note is never put where customers read.")
        return blocks.note(message.speaker, delivery.data["text"], picture)
    return blocks.reply(
        blocks.ReplyValues(
            author=message.speaker,
            body=delivery.data["text"],
            picture=picture,
            side="team" if message.from_team else "customer",
            trusted=message.from_team,
        )
    )


def _without_author(speech: dict) -> dict:
    return {name: value for name, value in speech.items() if name not in {"username", "icon_url"}}


def _place_of_copy(delivery: Delivery) -> dict:
    return {"channel": delivery.thread.channel.external_id, "ts": _copy(delivery, "message").external_id}


def _copy(delivery: Delivery, kind: str) -> Delivery:
    copy = db.session.scalar(
        select(Delivery).where(
            Delivery.thread_id == delivery.thread_id,
            Delivery.message_id == delivery.message_id,
            Delivery.kind == kind,
            Delivery.part == delivery.part,
        )
    )
    if copy is None or copy.state == State.skipped or (copy.state == State.sent and not copy.external_id):
        raise Skip("There is no copy to change.")
    if copy.state != State.sent:
        raise NotYet("Waits for the first copy.", 5)
    return copy


COMPOSERS = {
    "card": _card,
    "card_update": _card_update,
    "message": _message,
    "edit": _edit,
    "delete": _delete,
    "file": _file,
    "delete_file": _delete_file,
    "mark": _mark,
    "line": _line,
}
