"""Files: taken in ahead of the form they belong to, and given out only through what somebody may read (security.md §2.5)."""

from urllib.parse import quote

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.wsgi import FileWrapper

from helpdesk import storage
from helpdesk.domain import files
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.web import errors, identity

blueprint = Blueprint("files", __name__, url_prefix="/files")
POLICY = "default-src 'none'; sandbox"


@blueprint.post("")
def take():
    """Keep one file as a draft; its key goes into a form's ``uploads``."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Invalid("Choose a file.", "file")
    draft = files.keep(upload.stream, upload.filename, upload.mimetype, identity.me(), field="file")
    db.session.commit()
    return jsonify(key=draft.key, name=draft.name, size=draft.size), 201


@blueprint.post("/<key>/delete")
def drop(key: str):
    """Throw away a draft of one's own."""
    files.drop_draft(identity.me(), key)
    db.session.commit()
    return Response(status=204)


@blueprint.get("/<key>")
def give(key: str):
    """The file, if this person may read it. Pictures of four known kinds may be shown; everything else is saved."""
    attachment = files.find(identity.me(), key) if storage.KEY.fullmatch(key) else None
    if attachment is None:
        abort(404)
    name, size, shown = attachment.name, attachment.size, attachment.is_image
    media_type = attachment.media_type if shown else "application/octet-stream"
    db.session.remove()  # the file may be large and the reader slow
    try:
        stream = storage.open(key)
    except FileNotFoundError:
        abort(404)
    except storage.Unavailable as error:
        return errors.page(503, str(error))
    response = Response(FileWrapper(stream, 1 << 16), mimetype=media_type, direct_passthrough=True)
    response.content_length = size
    response.headers["Content-Disposition"] = disposition(name, shown)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


def disposition(name: str, shown: bool) -> str:
    """How a browser is told what to do with a file, and what to call it."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in name)
    return f"{'inline' if shown else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
