"""The files of a form. They are stored before anything else is done, so that a rejected form does not lose them."""

from collections.abc import Iterable, Sequence
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

    def store(
        self,
        form: FormVersion | None = None,
        form_data: MultiDict[str, str] | None = None,
        former_names: Iterable[str] = (),
    ) -> None:
        """Store the new files and commit. Keys of files of the form's file fields are added to ``form_data``.

        What stands in the file fields ``former_names``, which the form has no more, belongs to the message.
        Raises ValidationError.
        """
        field_names = {forms.field_name(field) for field in forms.file_fields(form)}
        uploads_by_name = {
            name: [upload for upload in request.files.getlist(name) if upload.filename]
            for name in ("files", *sorted(field_names), *former_names)
        }
        self.keys += [key for name in former_names for key in request.form.getlist(name) if key]
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
                if name not in former_names:  # a form that is rejected comes back without those
                    self.new.append(stored.key)
                if name in field_names:
                    form_data.add(name, stored.key)
                else:
                    self.keys.append(stored.key)
        self.fields = {name: form_data.getlist(name) for name in field_names} if form_data is not None else {}
        if has_uploads():
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
