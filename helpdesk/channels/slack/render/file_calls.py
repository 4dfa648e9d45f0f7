"""Render the deliveries of files: the upload of those of one message, a sentence about one that is missing, and the
removal of one.
"""

import functools
from typing import Any

from helpdesk import storage
from helpdesk.channels.slack import delivery_data, file_posts
from helpdesk.channels.slack.api.requests import FileRemoval, FileUpload, SlackContent, UploadedFile, WebApiCall
from helpdesk.channels.slack.render import blocks
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.domain.tickets import virus_scans
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery
from helpdesk.models.message import Message
from helpdesk.translation import gettext


def render_upload(delivery: Delivery, place: dict[str, Any], speech: dict[str, Any]) -> SlackContent:
    """Return the upload of the file of ``delivery`` and of those that wait behind it. Raises SkipDelivery, RetryLater.

    ``place`` has channel and thread_ts, ``speech`` the author's username and icon_url.
    """
    attachment, message = db.session.get(Attachment, delivery_data.attachment_id(delivery)), delivery.message
    if attachment is None or message is None:
        raise SkipDelivery(gettext("The file is gone."))
    if not file_posts.can_be_uploaded(attachment) and not virus_scans.is_awaited(attachment):
        return WebApiCall("chat.postMessage", place | blocks.event_line(_missing_sentence(attachment, message)))
    post = file_posts.plan_post(delivery)
    if post.is_awaited:
        raise RetryLater(gettext("Waits for the virus scanner."), 5)
    files = [UploadedFile(copy.id, each.name, functools.partial(storage.read, each.key)) for copy, each in post.files]
    return FileUpload(
        channel=place["channel"],
        thread_ts=place["thread_ts"],
        files=tuple(files),
        names=post.names,
        author=message.author_display_name,
        username=speech["username"],
        icon_url=speech.get("icon_url"),
    )


def render_look_up(delivery: Delivery, place: dict[str, Any]) -> FileUpload | None:
    """Return what finds an earlier upload of ``delivery``; None where it posts a sentence instead of a file."""
    attachment = db.session.get(Attachment, delivery_data.attachment_id(delivery))
    if attachment is not None and not file_posts.can_be_uploaded(attachment):
        return None
    names = file_posts.plan_post(delivery).names
    return FileUpload(channel=place["channel"], thread_ts=place["thread_ts"], names=names)


def render_removal(delivery: Delivery, copy: Delivery) -> SlackContent:
    """Return the removal of what ``copy``, a sent delivery of the kind file, put into its thread."""
    assert delivery.thread is not None  # a removal is always in a thread
    channel = delivery.thread.channel.external_id
    if not delivery_data.is_upload(copy):
        return WebApiCall("chat.delete", {"channel": channel, "ts": copy.external_id})
    return FileRemoval(
        file=str(copy.external_id),
        channel=channel,
        ts=delivery_data.message_ts(copy),
        key=delivery_data.post_key(copy),
        thread_ts=delivery.thread.external_id,
        uploaded_at=copy.finished_at,
        removes_message=not file_posts.shows_others(copy),
    )


def _missing_sentence(attachment: Attachment, message: Message) -> str:
    """Return what is posted in place of a file: who sent it, and why it is not there."""
    if attachment.state == virus_scans.SCANNING:
        missing = gettext("The file is not checked for viruses yet, and can be opened in the portal afterwards.")
    elif attachment.state == virus_scans.STORED:
        missing = gettext("The file is empty.")
    else:
        missing = gettext("The file is not available.")
    return gettext(
        "%(author)s sent %(file)s, which could not be taken along: %(reason)s",
        author=message.author_display_name,
        file=attachment.name,
        reason=gettext(attachment.reason) if attachment.reason else missing,
    )
