"""Files of an import: read from the folder of the import file, or from the file itself."""

import base64
import binascii
from io import BytesIO
from pathlib import Path

from helpdesk import clock
from helpdesk.domain.imports.records import FileRecord
from helpdesk.domain.tickets import attachments, stored_files
from helpdesk.models.attachment import Attachment


def find_problem(record: FileRecord, folder: Path) -> str | None:
    """Why the file cannot be imported, as a sentence, or None."""
    if record.content is not None:
        try:
            size = len(base64.b64decode(record.content, validate=True))
        except (binascii.Error, ValueError):
            return f"The content of {record.name[:80]} is not base64."
    else:
        path = _resolve(record, folder)
        if path is None or not path.is_file():
            return f"There is no file {str(record.path)[:120]} below the folder of the import file."
        size = path.stat().st_size
    if size == 0:
        return f"{record.name[:80]} is empty."
    if size > attachments.MAX_BYTES:
        return f"{record.name[:80]} is larger than {attachments.MAX_BYTES // 1024**2} MB, the most a file may have."
    return None


def store_file(record: FileRecord, folder: Path) -> Attachment:
    """Store the file and return its row, not yet part of a message. The caller deletes it if nothing comes of it.

    Commits before. Raises StorageUnavailable.
    """
    if record.content is not None:
        data = base64.b64decode(record.content, validate=True)
    else:
        path = _resolve(record, folder)
        if path is None:
            raise ValueError(f"There is no file {record.path} below the folder of the import file.")
        data = path.read_bytes()
    attachment = Attachment(
        key=attachments.generate_key(),
        name=attachments.clean_file_name(record.name),
        media_type=attachments.detect_media_type(data[:16], record.media_type),
        size=len(data),
        created_at=clock.now(),
    )
    stored_files.store_file(attachment, BytesIO(data))
    return attachment


def _resolve(record: FileRecord, folder: Path) -> Path | None:
    """Return the path of the file; None if it leads out of ``folder``, also by a symbolic link."""
    root = folder.resolve()
    path = (root / str(record.path)).resolve()
    return path if path.is_relative_to(root) else None
