"""Withdrawal of a file whose author deleted it where they had added it."""

from helpdesk import live_events
from helpdesk.domain import locking, outbox
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.tickets import attachments, stored_files, virus_scans
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.message import Message


def withdraw_files(message: Message, external_id: str, reason: str) -> int:
    """Let the bytes of the files of ``message`` that came as ``external_id`` be deleted after the commit, and remove
    their copies where the channels can; mail that left stays. Returns how many. The message still names each file,
    with ``reason``.
    """
    message = locking.lock_message_if(message, lambda _: True)
    ticket = message.ticket
    keys = []
    for part, attachment in enumerate(message.attachments, start=1):
        if attachment.origin_external_id != external_id or attachment.state not in virus_scans.HELD_STATES:
            continue
        attachment.state, attachment.reason, attachment.size = "refused", reason, 0
        outbox.remove_copies(message, DeliveryKind.file, part)
        webhooks.enqueue_file_removed(message, attachment)
        keys.append(attachment.key)
        attachment.key = attachments.generate_key()
    if keys:
        db.session.flush()
        stored_files.delete_later(keys)
        live_events.bump_version_and_publish(ticket, team_only=message.is_note)
    return len(keys)
