"""The files a form brings. They are kept before anything else happens, so that a rejected form does not lose them."""

from flask import request
from werkzeug.datastructures import MultiDict

from helpdesk.domain import files
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.forms import FormVersion
from helpdesk.models.people import User
from helpdesk.models.tickets import Attachment
from helpdesk.web import fragments

LIMITS = {"size": files.LARGEST, "files": files.MOST}


def brought() -> bool:
    """Whether the request has files with it; browsers also send an input that was left empty."""
    return any(upload.filename for upload in request.files.values())


class Kept:
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
        names = {f"field-{field.key}" for field in form.fields if field.kind == "file"} if form else set()
        brought = {
            name: [upload for upload in request.files.getlist(name) if upload.filename]
            for name in ("files", *sorted(names))
        }
        already = len(self.keys) + sum(len(given.getlist(name)) for name in names if given is not None)
        if already + sum(map(len, brought.values())) > files.MOST:
            raise Invalid(f"A message has at most {files.MOST} files.", "files")
        for name, uploads in brought.items():
            for upload in uploads:
                kept = files.keep(upload.stream, upload.filename, upload.mimetype, self.uploader, field=name)
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
        return files.claim_drafts([*others, *self.keys], self.uploader)

    def keep_for_later(self) -> None:
        """The form was rejected: its files stay with it, or go where the browser still has them."""
        if not fragments.htmx:
            return
        for key in self.new:
            files.drop_draft(self.uploader, key)
        db.session.commit()

    def listed(self) -> dict[str, list[Attachment]]:
        """The files that are still kept, by the name of their input, to be shown in the form again."""
        wanted = {"files": self.keys, **self.fields}
        return {name: files.drafts(keys, self.uploader) for name, keys in wanted.items() if keys}
