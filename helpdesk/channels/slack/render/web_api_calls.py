"""Render a delivery as a Web API method and its arguments."""

from sqlalchemy import select

from helpdesk import storage, urls
from helpdesk.channels.slack import delivery_data, home, message_parts
from helpdesk.channels.slack.api.requests import FileRemoval, FileUpload, SlackContent, WebApiCall
from helpdesk.channels.slack.render import blocks
from helpdesk.domain import labels
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.form import Answer
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.thread import Thread
from helpdesk.models.user import User

POST_KINDS = {DeliveryKind.card, DeliveryKind.message, DeliveryKind.file, DeliveryKind.line}
MESSAGE_KINDS = {DeliveryKind.message, DeliveryKind.edit, DeliveryKind.file}
REPLACED_CARD_FOOTER = (
    "This card takes the place of one that was deleted in Slack. What was said before is in the portal."
)
FOLDED_TEXT_SENTENCE = "More text is quoted below this message. It is in the portal."


def render_call(delivery: Delivery) -> SlackContent:
    """Return the request to Slack for ``delivery``. Raises SkipDelivery or RetryLater.

    Everything for Slack passes through this function, so this is the one place that stops notes from reaching threads
    that customers read.
    """
    thread, message = delivery.thread, delivery.message
    if delivery.kind in MESSAGE_KINDS:
        if message.is_note and thread.is_customers:
            raise SkipDelivery("A note is never put where customers read.")
        if message.deleted_at:
            raise SkipDelivery("Deleted before it left.")
    return RENDERERS[delivery.kind](delivery)


def render_look_up(delivery: Delivery) -> SlackContent | None:
    """Return what finds an earlier attempt of a post; None for what is not posted and can simply be repeated."""
    if delivery.kind not in POST_KINDS:
        return None
    place = _thread_arguments(delivery)
    if delivery.kind == DeliveryKind.file and _is_upload(delivery):
        return FileUpload(channel=place["channel"], thread_ts=place["thread_ts"], filename="", data=b"")
    return WebApiCall("chat.postMessage", place)


def render_card(thread: Thread, footer: str = "") -> dict:
    """Return the current card of a thread's ticket: text, blocks, attachments."""
    ticket = thread.ticket
    first = db.session.scalar(
        select(Message)
        .where(Message.ticket_id == ticket.id, Message.kind == MessageKind.reply, Message.seq == 1)
        .limit(1)
    )
    answers = db.session.scalars(select(Answer).where(Answer.ticket_id == ticket.id).order_by(Answer.id))
    values = blocks.CardValues(
        number=ticket.number,
        subject=ticket.subject,
        organization=ticket.organization.name,
        requester=ticket.requester.display_name,
        status=ticket.status,
        status_word=labels.status_label(ticket.status, for_team=not thread.is_customers),
        priority=ticket.priority,
        url=urls.ticket_url(ticket.number),
        excerpt=(first.body if first else "")[: message_parts.MAX_CARD_BODY_LENGTH],
        answers=tuple(
            (a.field.label, a.text) for a in answers if a.text and not (thread.is_customers and a.field.team_only)
        ),
        assignee=ticket.assignee.display_name if ticket.assignee else None,
        shared=thread.channel.is_shared,
        footer=footer or (FOLDED_TEXT_SENTENCE if first and first.has_folded_text else ""),
    )
    text, made, attachments = blocks.card_message(values)
    return {"text": text, "blocks": made, "attachments": attachments}


def _card_call(delivery: Delivery) -> SlackContent:
    thread, footer = delivery.thread, REPLACED_CARD_FOOTER if delivery_data.replaces_card(delivery) else ""
    return WebApiCall("chat.postMessage", {"channel": thread.channel.external_id, **render_card(thread, footer)})


def _card_update_call(delivery: Delivery) -> SlackContent:
    thread = delivery.thread
    place = {"channel": thread.channel.external_id, "ts": thread.external_id}
    return WebApiCall("chat.update", place | render_card(thread))


def _message_call(delivery: Delivery) -> SlackContent:
    return WebApiCall("chat.postMessage", _thread_arguments(delivery) | _message_content(delivery))


def _edit_call(delivery: Delivery) -> SlackContent:
    speech = _message_content(delivery, edited=True)
    return WebApiCall("chat.update", _copy_address(delivery) | _without_author(speech))


def _delete_call(delivery: Delivery) -> SlackContent:
    return WebApiCall("chat.delete", _copy_address(delivery))


def _file_call(delivery: Delivery) -> SlackContent:
    attachment, message = db.session.get(Attachment, delivery_data.attachment_id(delivery)), delivery.message
    if attachment is None:
        raise SkipDelivery("The file is gone.")
    if attachment.state != "stored":
        reason = attachment.reason or "it is not available."
        sentence = f"{message.author_display_name} sent {attachment.name}, which could not be taken along: {reason}"
        return WebApiCall("chat.postMessage", _thread_arguments(delivery) | blocks.event_line(sentence))
    speech = _author_content(message, delivery.thread)
    return FileUpload(
        channel=delivery.thread.channel.external_id,
        thread_ts=delivery.thread.external_id,
        filename=attachment.name,
        data=storage.read(attachment.key),
        author=message.author_display_name,
        username=speech["username"],
        icon_url=speech.get("icon_url"),
    )


def _is_upload(delivery: Delivery) -> bool:
    """Whether a delivery of the kind file uploads a file; otherwise it posts a sentence about one that is missing."""
    attachment = db.session.get(Attachment, delivery_data.attachment_id(delivery))
    return attachment is None or attachment.state == "stored"


def _delete_file_call(delivery: Delivery) -> SlackContent:
    copy = _find_copy(delivery, DeliveryKind.file)
    channel = delivery.thread.channel.external_id
    if not delivery_data.is_upload(copy):
        return WebApiCall("chat.delete", {"channel": channel, "ts": copy.external_id})
    return FileRemoval(file=copy.external_id, channel=channel, ts=delivery_data.message_ts(copy))


def _reaction_call(delivery: Delivery) -> SlackContent:
    mark = delivery_data.reaction(delivery)
    place = {"channel": delivery.thread.channel.external_id, "timestamp": mark.timestamp}
    return WebApiCall(mark.method, place | {"name": mark.name})


def _line_call(delivery: Delivery) -> SlackContent:
    if delivery.thread.is_customers and delivery_data.is_team_only(delivery):
        raise SkipDelivery("This is for the team only.")
    return WebApiCall(
        "chat.postMessage", _thread_arguments(delivery) | blocks.event_line(delivery_data.sentence(delivery))
    )


def _home_call(delivery: Delivery) -> SlackContent:
    user = db.session.get(User, delivery.subject_id) if delivery.subject_id else None
    if user is None or not user.slack_user_id or not (user.is_team and user.is_active):
        raise SkipDelivery("Nobody's home page.")
    return WebApiCall("views.publish", {"user_id": user.slack_user_id, "view": home.render_home(user)})


def _thread_arguments(delivery: Delivery) -> dict:
    return {"channel": delivery.thread.channel.external_id, "thread_ts": delivery.thread.external_id}


def _message_content(delivery: Delivery, edited: bool = False) -> dict:
    message, text = delivery.message, delivery_data.part_text(delivery)
    if message.is_note:
        return blocks.note_message(message.author_display_name, text, _picture_url(message))
    return _author_content(message, delivery.thread, text, edited)


def _author_content(message: Message, thread: Thread, text: str = "", edited: bool = False) -> dict:
    values = blocks.ReplyValues(
        author=message.author_display_name,
        body=text,
        picture=_picture_url(message),
        side="team" if message.from_team else "customer",
        organization="" if thread.is_customers else thread.ticket.organization.name,
        trusted=message.from_team,
        marker=FOLDED_TEXT_SENTENCE if message.has_folded_text else "",
        edited=edited,
    )
    return blocks.reply_message(values)


def _picture_url(message: Message) -> str:
    return (
        urls.absolute_url(message.author_picture_url)
        if (message.author_picture_url or "").startswith("/")
        else message.author_picture_url or ""
    )


def _without_author(speech: dict) -> dict:
    return {name: value for name, value in speech.items() if name not in {"username", "icon_url"}}


def _copy_address(delivery: Delivery) -> dict:
    return {
        "channel": delivery.thread.channel.external_id,
        "ts": _find_copy(delivery, DeliveryKind.message).external_id,
    }


def _find_copy(delivery: Delivery, kind: DeliveryKind) -> Delivery:
    copy = db.session.scalar(
        select(Delivery)
        .join(Thread)
        .where(
            Thread.ticket_id == delivery.thread.ticket_id,
            Thread.channel_id == delivery.thread.channel_id,
            Delivery.message_id == delivery.message_id,
            Delivery.kind == kind,
            Delivery.part == delivery.part,
        )
        .order_by((Delivery.thread_id == delivery.thread_id).desc(), Delivery.id)
        .limit(1)
    )
    if (
        copy is None
        or copy.state == DeliveryState.cancelled
        or (copy.state == DeliveryState.sent and not copy.external_id)
    ):
        raise SkipDelivery("There is no copy to change.")
    if copy.state != DeliveryState.sent:
        raise RetryLater("Waits for the first copy.", 5)
    return copy


RENDERERS = {
    DeliveryKind.card: _card_call,
    DeliveryKind.card_update: _card_update_call,
    DeliveryKind.message: _message_call,
    DeliveryKind.edit: _edit_call,
    DeliveryKind.delete: _delete_call,
    DeliveryKind.file: _file_call,
    DeliveryKind.delete_file: _delete_file_call,
    DeliveryKind.mark: _reaction_call,
    DeliveryKind.line: _line_call,
    DeliveryKind.home: _home_call,
}
