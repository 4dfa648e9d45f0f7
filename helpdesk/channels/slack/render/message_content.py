"""How a message looks in Slack: its author's name and picture, its text, and on which side it stands."""

from helpdesk import urls
from helpdesk.channels.slack import delivery_data
from helpdesk.channels.slack.render import blocks
from helpdesk.models.delivery import Delivery
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.translation import lazy_gettext

FOLDED_TEXT_SENTENCE = lazy_gettext("More text is quoted below this message. It is in the portal.")


def message_content(delivery: Delivery, edited: bool = False) -> dict:
    """Return the arguments that show the message of ``delivery``: its author, text and side."""
    message, text = delivery.message, delivery_data.part_text(delivery)
    if message.is_note:
        return blocks.note_message(message.author_display_name, text, _picture_url(message))
    return author_content(message, delivery.thread, text, edited)


def author_content(message: Message, thread: Thread, text: str = "", edited: bool = False) -> dict:
    """Return the arguments of a reply: under its author's name and picture, with ``text`` as this part of it."""
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


def without_author(content: dict) -> dict:
    """Return ``content`` as Slack takes it in an edit, which cannot change name and picture."""
    return {name: value for name, value in content.items() if name not in {"username", "icon_url"}}
