"""Addition of files to a message that is stored already: its author added them where they wrote it."""

from collections.abc import Sequence

from helpdesk import live_events
from helpdesk.domain import locking, outbox
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.tickets import messages, side_effects
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.message import Message
from helpdesk.translation import gettext


def add_files(message: Message, files: Sequence[Attachment]) -> None:
    """Add ``files`` to ``message``, and to its copies where the channels can; mail that left stays as it is.

    Raises ConflictError if the message was deleted meanwhile.
    """
    message = locking.lock_message_if(message, lambda _: True)
    if message.deleted_at:
        raise ConflictError(gettext("This message was deleted meanwhile."))
    first_part = len(message.attachments) + 1
    for file in files:
        file.ticket_id, file.organization_id = message.ticket_id, message.organization_id
        message.attachments.append(file)
        db.session.flush()  # one after another: the order of the ids is that of the files
    messages.index_message(message)
    if message.publish_at is None:  # a held reply takes them along
        outbox.fan_out_files(message, first_part)
    side_effects.on_message_changed(message)
    live_events.bump_version_and_publish(message.ticket, team_only=message.is_note)
