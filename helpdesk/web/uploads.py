"""The files a form brings. They are kept before anything else happens, so that a rejected form does not lose them."""

from flask import request
from werkzeug.datastructures import MultiDict

from helpdesk.domain import forms
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.tickets import attachments
from helpdesk.extensions import db
from helpdesk.models.form import FormVersion
from helpdesk.models.ticket import Attachment
from helpdesk.models.user import User
from helpdesk.web.templating import htmx_responses

UPLOAD_LIMITS = {"size": attachments.MAX_BYTES, "files": attachments.MAX_FILES}


def has_uploads() -> bool:
    """Whether the request has files with it; browsers also send an input that was left empty."""
    return any(upload.filename for upload in request.files.values())


class FormUploads:
    """What one request brought: new files, and the keys of those an earlier try of the same form had kept.

    A browser with a script still holds its files when a form comes back, and sends them again; what was kept for it is
    thrown away. One without holds nothing; for it they are listed in the form (``listed``).
    """

    def __init__(self, uploader: User):
        self.uploader = uploader
        self.keys = [key for key in request.form.getlist("uploads") if key]
        self.new: list[str] = []
        self.fields: dict[str, list[str]] = {}

    def take(self, form: FormVersion | None = None, given: MultiDict | None = None) -> None:
        """Keep the new files and commit. Those of a form's file fields are put into ``given`` by their keys. Raises Invalid."""
        names = {forms.field_name(field) for field in forms.file_fields(form)}
        brought = {
            name: [upload for upload in request.files.getlist(name) if upload.filename]
            for name in ("files", *sorted(names))
        }
        already = len(self.keys) + sum(len(given.getlist(name)) for name in names if given is not None)
        if already + sum(map(len, brought.values())) > attachments.MAX_FILES:
            raise ValidationError(f"A message has at most {attachments.MAX_FILES} files.", "files")
        for name, uploads in brought.items():
            for upload in uploads:
                kept = attachments.store_upload(
                    upload.stream, upload.filename, upload.mimetype, self.uploader, field=name
                )
                self.new.append(kept.key)
                if name == "files":
                    self.keys.append(kept.key)
                else:
                    given.add(name, kept.key)
        self.fields = {name: given.getlist(name) for name in names} if given is not None else {}
        if self.new:
            db.session.commit()

    def claim(self, others: list[str] = ()) -> list[Attachment]:
        """The drafts for the message, those of file fields (``others``) included. Raises Invalid if one is gone."""
        return attachments.attach_uploads([*others, *self.keys], self.uploader)

    def keep_for_later(self) -> None:
        """The form was rejected: its files stay with it, or go where the browser still has them."""
        if not htmx_responses.htmx:
            return
        for key in self.new:
            attachments.discard_upload(self.uploader, key)
        db.session.commit()

    def listed(self) -> dict[str, list[Attachment]]:
        """The files that are still kept, by the name of their input, to be shown in the form again."""
        wanted = {"files": self.keys, **self.fields}
        return {name: attachments.pending_uploads(keys, self.uploader) for name, keys in wanted.items() if keys}
