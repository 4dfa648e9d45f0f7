"""What goes to Slack: a delivery's row becomes a Web API method and its arguments."""

from sqlalchemy import select

from helpdesk import storage, urls
from helpdesk.channels.slack import blocks
from helpdesk.domain import homes, words
from helpdesk.domain.outbox.reasons import NotYet, Skip
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.forms import Answer
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Attachment, Kind, Message

ON_CARD = 1_200  # characters of the first message shown on the card
SHOWS_MESSAGE = {"message", "edit", "file"}
RENEWED = "This card takes the place of one that was deleted in Slack. What was said before is in the portal."


def compose(delivery: Delivery) -> tuple[str, dict]:
    """(method, arguments) of ``delivery``. Raises Skip or NotYet.

    The one place through which everything for Slack goes, so the one place that keeps notes from where customers read.
    """
    thread, message = delivery.thread, delivery.message
    if delivery.kind in SHOWS_MESSAGE:
        if message.is_note and thread.is_customers:
            raise Skip("A note is never put where customers read.")
        if message.deleted_at:
            raise Skip("Deleted before it left.")
    return COMPOSERS[delivery.kind](delivery)


def card(thread: Thread, footer: str = "") -> dict:
    """The card of a thread's ticket as it is now: text, blocks, attachments."""
    ticket = thread.ticket
    first = db.session.scalar(
        select(Message).where(Message.ticket_id == ticket.id, Message.kind == Kind.reply, Message.seq == 1).limit(1)
    )
    answers = db.session.scalars(select(Answer).where(Answer.ticket_id == ticket.id).order_by(Answer.id))
    values = blocks.CardValues(
        number=ticket.number,
        subject=ticket.subject,
        organization=ticket.organization.name,
        requester=ticket.requester.display_name,
        status=ticket.status,
        status_word=words.status(ticket.status, for_team=not thread.is_customers),
        priority=ticket.priority,
        url=urls.ticket(ticket.number),
        excerpt=(first.body if first else "")[:ON_CARD],
        answers=tuple(
            (a.field.label, a.text) for a in answers if a.text and not (thread.is_customers and a.field.team_only)
        ),
        assignee=ticket.assignee.display_name if ticket.assignee else None,
        shared=thread.channel.is_shared,
        footer=footer,
    )
    text, made, attachments = blocks.card(values)
    return {"text": text, "blocks": made, "attachments": attachments}


def _card(delivery: Delivery) -> tuple[str, dict]:
    thread, footer = delivery.thread, RENEWED if delivery.data.get("again") else ""
    return "chat.postMessage", {"channel": thread.channel.external_id, **card(thread, footer)}


def _card_update(delivery: Delivery) -> tuple[str, dict]:
    thread = delivery.thread
    place = {"channel": thread.channel.external_id, "ts": thread.external_id}
    return "chat.update", place | card(thread)


def _message(delivery: Delivery) -> tuple[str, dict]:
    return "chat.postMessage", _in_thread(delivery) | _speech(delivery)


def _edit(delivery: Delivery) -> tuple[str, dict]:
    speech = _speech(delivery, edited=True)
    return "chat.update", _place_of_copy(delivery) | _without_author(speech)


def _delete(delivery: Delivery) -> tuple[str, dict]:
    return "chat.delete", _place_of_copy(delivery)


def _file(delivery: Delivery) -> tuple[str, dict]:
    attachment, message = db.session.get(Attachment, delivery.data["attachment"]), delivery.message
    if attachment is None:
        raise Skip("The file is gone.")
    if attachment.state != "stored":
        reason = attachment.reason or "it is not available."
        sentence = f"{message.speaker} sent {attachment.name}, which could not be taken along: {reason}"
        return "chat.postMessage", _in_thread(delivery) | blocks.event(sentence)
    speech = _author(message, delivery.thread)
    return "files.upload", _in_thread(delivery) | {
        "filename": attachment.name,
        "data": storage.read(attachment.key),
        "author": message.speaker,
        "username": speech["username"],
        "icon_url": speech.get("icon_url"),
    }


def _delete_file(delivery: Delivery) -> tuple[str, dict]:
    copy = _copy(delivery, "file")
    channel = delivery.thread.channel.external_id
    if not copy.data.get("file_id"):
        return "chat.delete", {"channel": channel, "ts": copy.external_id}
    return "files.remove", {"file": copy.external_id, "channel": channel, "ts": copy.data.get("ts") or ""}


def _mark(delivery: Delivery) -> tuple[str, dict]:
    place = {"channel": delivery.thread.channel.external_id, "timestamp": delivery.data["timestamp"]}
    return delivery.data["method"], place | {"name": delivery.data["name"]}


def _line(delivery: Delivery) -> tuple[str, dict]:
    if delivery.thread.is_customers and delivery.data.get("team_only"):
        raise Skip("This is for the team only.")
    return "chat.postMessage", _in_thread(delivery) | blocks.event(delivery.data["sentence"])


def _home(delivery: Delivery) -> tuple[str, dict]:
    user = db.session.get(User, delivery.subject_id) if delivery.subject_id else None
    if user is None or not user.slack_user_id or not (user.is_team and user.is_active):
        raise Skip("Nobody's home page.")
    return "views.publish", {"user_id": user.slack_user_id, "view": homes.view(user)}


def _in_thread(delivery: Delivery) -> dict:
    return {"channel": delivery.thread.channel.external_id, "thread_ts": delivery.thread.external_id}


def _speech(delivery: Delivery, edited: bool = False) -> dict:
    message, text = delivery.message, delivery.data["text"]
    if message.is_note:
        return blocks.note(message.speaker, text, _picture(message))
    return _author(message, delivery.thread, text, edited)


def _author(message: Message, thread: Thread, text: str = "", edited: bool = False) -> dict:
    values = blocks.ReplyValues(
        author=message.speaker,
        body=text,
        picture=_picture(message),
        side="team" if message.from_team else "customer",
        organization="" if thread.is_customers else thread.ticket.organization.name,
        trusted=message.from_team,
        edited=edited,
    )
    return blocks.reply(values)


def _picture(message: Message) -> str:
    return urls.absolute(message.picture) if (message.picture or "").startswith("/") else message.picture or ""


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
    "home": _home,
}
