"""Render a delivery as a Web API method and its arguments."""

from sqlalchemy import select

from helpdesk import urls
from helpdesk.channels.slack import delivery_data, home, message_parts, origin_threads
from helpdesk.channels.slack.api.requests import SlackContent, WebApiCall
from helpdesk.channels.slack.render import blocks, file_calls, message_content
from helpdesk.domain import forms, labels
from helpdesk.domain.administration import settings
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.form import Answer
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

POST_KINDS = {DeliveryKind.card, DeliveryKind.message, DeliveryKind.file, DeliveryKind.line}
MESSAGE_KINDS = {DeliveryKind.message, DeliveryKind.edit, DeliveryKind.file}
REPLACED_CARD_FOOTER = lazy_gettext(
    "This card takes the place of one that was deleted in Slack. What was said before is in the portal."
)


def render_call(delivery: Delivery) -> SlackContent:
    """Return the request to Slack for ``delivery``. Raises SkipDelivery or RetryLater.

    Everything for Slack passes through this function, so this is the one place that stops notes from reaching threads
    that customers read.
    """
    thread, message = delivery.thread, delivery.message
    if delivery.kind in MESSAGE_KINDS:
        if message.is_note and thread.is_customers:
            raise SkipDelivery(gettext("A note is never put where customers read."))
        if message.deleted_at:
            raise SkipDelivery(gettext("Deleted before it left."))
    return RENDERERS[delivery.kind](delivery)


def render_look_up(delivery: Delivery) -> SlackContent | None:
    """Return what finds an earlier attempt of a post; None for what is not posted and can simply be repeated."""
    if delivery.kind not in POST_KINDS or delivery.thread is None:
        return None
    place = _thread_arguments(delivery)
    if delivery.kind == DeliveryKind.file and (upload := file_calls.render_look_up(delivery, place)):
        return upload
    if delivery.kind == DeliveryKind.message and delivery.message is not None:
        place |= message_content.author_content(delivery.message, delivery.thread, delivery_data.part_text(delivery))
    return WebApiCall("chat.postMessage", place)


def card_values(thread: Thread, footer: str = "") -> blocks.CardValues:
    """Return the values of the current card of a thread's ticket."""
    return ticket_card_values(
        thread.ticket, for_team=not thread.is_customers, shared=thread.channel.is_shared, footer=footer
    )


def ticket_card_values(
    ticket: Ticket, *, for_team: bool = True, shared: bool = False, footer: str = ""
) -> blocks.CardValues:
    """Return the values of a card of ``ticket`` for the team or for customers."""
    first = db.session.scalar(
        select(Message)
        .where(Message.ticket_id == ticket.id, Message.kind == MessageKind.reply, Message.seq == 1)
        .limit(1)
    )
    answers = db.session.scalars(select(Answer).where(Answer.ticket_id == ticket.id).order_by(Answer.id))
    return blocks.CardValues(
        number=ticket.number,
        subject=ticket.subject,
        organization=ticket.organization.name,
        requester=ticket.requester.display_name,
        status=ticket.status,
        status_word=labels.status_label(ticket.status, for_team=for_team),
        priority=ticket.priority,
        tags=ticket.tags if for_team and not shared else (),
        url=urls.ticket_url(ticket.number),
        excerpt=(first.body if first else "")[: message_parts.MAX_CARD_BODY_LENGTH],
        answers=tuple(forms.translate_answer(a) for a in answers if a.text and (for_team or not a.field.team_only)),
        assignee=ticket.assignee.display_name if ticket.assignee else None,
        shared=shared,
        footer=footer or (message_content.FOLDED_TEXT_SENTENCE if first and first.has_folded_text else ""),
    )


def _card_content(values: blocks.CardValues, place: dict, method: str) -> WebApiCall:
    """Make the call that shows a card, with what is sent instead if Slack refuses the card's layout."""
    full, plain = blocks.card_message(values), blocks.plain_card_message(values)
    contents = [{"text": text, "blocks": made, "attachments": shown} for text, made, shown in (full, plain)]
    return WebApiCall(method, place | contents[0], place | contents[1])


def _card_call(delivery: Delivery) -> SlackContent:
    thread, footer = delivery.thread, REPLACED_CARD_FOOTER if delivery_data.replaces_card(delivery) else ""
    place = {"channel": thread.channel.external_id}
    if thread.external_id:  # the ticket was made in this thread
        place["thread_ts"] = thread.external_id
    return _card_content(card_values(thread, footer), place, "chat.postMessage")


def _card_update_call(delivery: Delivery) -> SlackContent:
    thread = delivery.thread
    ts = origin_threads.card_ts(thread)
    if ts is None:
        raise RetryLater(gettext("Waits for the card."), 5)
    return _card_content(card_values(thread), {"channel": thread.channel.external_id, "ts": ts}, "chat.update")


def _message_call(delivery: Delivery) -> SlackContent:
    return WebApiCall("chat.postMessage", _thread_arguments(delivery) | message_content.message_content(delivery))


def _edit_call(delivery: Delivery) -> SlackContent:
    speech = message_content.message_content(delivery, edited=True)
    return WebApiCall("chat.update", _copy_address(delivery) | message_content.without_author(speech))


def _delete_call(delivery: Delivery) -> SlackContent:
    return WebApiCall("chat.delete", _copy_address(delivery))


def _file_call(delivery: Delivery) -> SlackContent:
    speech = message_content.author_content(delivery.message, delivery.thread)
    return file_calls.render_upload(delivery, _thread_arguments(delivery), speech)


def _delete_file_call(delivery: Delivery) -> SlackContent:
    return file_calls.render_removal(delivery, _find_copy(delivery, DeliveryKind.file))


def _reaction_call(delivery: Delivery) -> SlackContent:
    mark = delivery_data.reaction(delivery)
    place = {"channel": delivery.thread.channel.external_id, "timestamp": mark.timestamp}
    return WebApiCall(mark.method, place | {"name": mark.name})


def _line_call(delivery: Delivery) -> SlackContent:
    sentence, mention = delivery_data.sentence(delivery), delivery_data.mention(delivery)
    if delivery.thread is None:
        place = _direct_recipient(delivery) if delivery.subject_id else _triage_channel()
        return WebApiCall("chat.postMessage", {"channel": place} | blocks.event_line(sentence))
    if delivery.thread.is_customers and delivery_data.is_team_only(delivery):
        raise SkipDelivery(gettext("This is for the team only."))
    content = blocks.mention_line(mention, sentence) if mention else blocks.event_line(sentence)
    return WebApiCall("chat.postMessage", _thread_arguments(delivery) | content)


def _triage_channel() -> str:
    channel_id = settings.get("triage_channel")
    if not channel_id:
        raise SkipDelivery(gettext("There is no triage channel."))
    return str(channel_id)


def _direct_recipient(delivery: Delivery) -> str:
    """Return the Slack id of the agent whom a line without thread notifies. Raises SkipDelivery or RetryLater."""
    user = db.session.get(User, delivery.subject_id) if delivery.subject_id else None
    if user is None or not user.slack_user_id or not (user.is_team and user.is_active):
        raise SkipDelivery(gettext("Nobody to notify."))
    return user.slack_user_id


def _home_call(delivery: Delivery) -> SlackContent:
    user = db.session.get(User, delivery.subject_id) if delivery.subject_id else None
    if user is None or not user.slack_user_id or not (user.is_team and user.is_active):
        raise SkipDelivery(gettext("Nobody's home page."))
    return WebApiCall("views.publish", {"user_id": user.slack_user_id, "view": home.render_home(user)})


def _thread_arguments(delivery: Delivery) -> dict:
    return {"channel": delivery.thread.channel.external_id, "thread_ts": delivery.thread.external_id}


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
        raise SkipDelivery(gettext("There is no copy to change."))
    if copy.state != DeliveryState.sent:
        raise RetryLater(gettext("Waits for the first copy."), 5)
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
