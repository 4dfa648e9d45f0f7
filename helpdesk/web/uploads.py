"""The files of a form. They are stored before anything else is done, so that a rejected form does not lose them."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import request
from werkzeug.datastructures import MultiDict

from helpdesk.domain import forms
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.tickets import attachments
from helpdesk.extensions import db, htmx
from helpdesk.models.attachment import Attachment
from helpdesk.models.form import FormVersion
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext


class UploadLimits(NamedTuple):
    """How many bytes a file may have, and how many files a form."""

    size: int = attachments.MAX_BYTES
    files: int = attachments.MAX_FILES


UPLOAD_LIMITS = UploadLimits()


def has_uploads() -> bool:
    """Whether the request contains files; browsers also send an empty file input."""
    return any(upload.filename for upload in request.files.values())


class FormUploads:
    """The files of one request: new ones, and the keys of those that an earlier try of the same form stored.

    With JavaScript a browser still holds its files when a form is rejected, and sends them again; the stored ones are
    deleted. Without it the browser holds nothing; the stored files are listed in the form (``listed``).
    """

    def __init__(self, uploader: User) -> None:
        self.uploader = uploader
        self.keys = list(dict.fromkeys(key for key in request.form.getlist("uploads") if key))
        self.new: list[str] = []
        self.fields: dict[str, list[str]] = {}

    def store(self, form: FormVersion | None = None, form_data: MultiDict[str, str] | None = None) -> None:
        """Store the new files and commit. Keys of files of the form's file fields are added to ``form_data``.

        Raises ValidationError.
        """
        field_names = {forms.field_name(field) for field in forms.file_fields(form)}
        uploads_by_name = {
            name: [upload for upload in request.files.getlist(name) if upload.filename]
            for name in ("files", *sorted(field_names))
        }
        earlier_count = len(self.keys) + sum(
            len(form_data.getlist(name)) for name in field_names if form_data is not None
        )
        if earlier_count + sum(map(len, uploads_by_name.values())) > attachments.MAX_FILES:
            raise ValidationError(
                gettext("A message has at most %(most_files)s files.", most_files=format_number(attachments.MAX_FILES)),
                "files",
            )
        for name, uploads in uploads_by_name.items():
            for upload in uploads:
                stored = attachments.store_upload(
                    upload.stream, upload.filename, upload.mimetype, self.uploader, field=name
                )
                self.new.append(stored.key)
                if name == "files":
                    self.keys.append(stored.key)
                else:
                    form_data.add(name, stored.key)
        self.fields = {name: form_data.getlist(name) for name in field_names} if form_data is not None else {}
        if self.new:
            db.session.commit()

    def attach(self, others: Sequence[str] = ()) -> list[Attachment]:
        """Attach the drafts, those of file fields (``others``) included. Raises ValidationError if one is missing."""
        return attachments.attach_uploads([*others, *self.keys], self.uploader)

    def keep_for_retry(self) -> None:
        """After a rejected form: delete the new files if the browser still has them, else leave them stored."""
        if not htmx:
            return
        for key in self.new:
            attachments.discard_upload(self.uploader, key)
        db.session.commit()

    def list_pending(self) -> dict[str, list[Attachment]]:
        """Return the stored files by the name of their input, to be listed in the form."""
        keys_by_name = {"files": self.keys, **self.fields}
        return {name: attachments.pending_uploads(keys, self.uploader) for name, keys in keys_by_name.items() if keys}
