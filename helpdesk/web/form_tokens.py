"""The token of a form that was sent, by which a second sending of the same form is recognised."""

import hashlib
from typing import IO

from flask import request

from helpdesk.domain import idempotency

# What a browser or a second button may change between two sendings of the same words.
NOT_CONTENT = {"csrf_token", "form_token", "status", "seen", "written_as", "compose", "draft", "draft_name"}
NOT_CONTENT_OF_SETTINGS = {"csrf_token", "sent_once", "draft", "draft_name"}


def read_form_token(*place: object, field: str = "form_token") -> str | None:
    """Return the token of the request's form, bound to ``place`` and to what the form says; None where it has none."""
    token = idempotency.valid_token(request.form.get(field))
    without = NOT_CONTENT if field == "form_token" else NOT_CONTENT_OF_SETTINGS
    fields = sorted([name, value] for name, value in request.form.items(multi=True) if name not in without)
    files = sorted(
        [name, file.filename, _hash_bytes(file.stream)]
        for name, file in request.files.items(multi=True)
        if file.filename
    )
    return idempotency.bind_token(token, [list(place), fields, files])


def _hash_bytes(stream: IO[bytes]) -> str:
    """The hash of a file: one of the same name may say something else."""
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return digest
