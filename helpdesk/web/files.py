"""Files: uploaded before the form they belong to is sent, and downloaded only by those who may read them."""

from urllib.parse import quote

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.wsgi import FileWrapper

from helpdesk import storage
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.tickets import attachments, virus_scans
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, error_handlers

blueprint = Blueprint("files", __name__, url_prefix="/files")
FILE_CONTENT_SECURITY_POLICY = "default-src 'none'; sandbox"


@blueprint.post("")
def upload_file() -> ResponseReturnValue:
    """Store one file as a draft; its key goes into a form's ``uploads``."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise ValidationError(gettext("Choose a file."), "file")
    draft = attachments.store_upload(
        upload.stream, upload.filename, upload.mimetype, authentication.get_current_user(), field="file"
    )
    db.session.commit()
    return jsonify(key=draft.key, name=draft.name, size=draft.size), 201


@blueprint.post("/<key>/delete")
def discard_file(key: str) -> ResponseReturnValue:
    """Delete a draft of one's own."""
    attachments.discard_upload(authentication.get_current_user(), key)
    db.session.commit()
    return Response(status=204)


@blueprint.get("/<key>")
def download_file(key: str) -> ResponseReturnValue:
    """Send the file, if this person may read it. Images of four types may be displayed; all else is an attachment."""
    attachment = (
        attachments.find_attachment(authentication.get_current_user(), key)
        if storage.KEY_PATTERN.fullmatch(key)
        else None
    )
    return send_attachment(attachment or abort(404))


def send_attachment(attachment: Attachment) -> ResponseReturnValue:
    """The bytes of ``attachment``; ends the database transaction first."""
    if attachment.state != virus_scans.STORED:
        return error_handlers.render_error_page(503, str(virus_scans.WAITING), headers={"Retry-After": "30"})
    key = attachment.key
    name, size, is_inline = attachment.name, attachment.size, attachment.is_image
    media_type = attachment.media_type if is_inline else "application/octet-stream"
    db.session.remove()  # release the connection: the file may be large and the client slow
    try:
        stream = storage.open(key)
    except FileNotFoundError:
        abort(404)
    except storage.StorageUnavailable as error:
        return error_handlers.render_error_page(503, str(error))
    response = Response(FileWrapper(stream, 1 << 16), mimetype=media_type, direct_passthrough=True)
    response.content_length = size
    response.headers["Content-Disposition"] = content_disposition(name, is_inline)
    response.headers["Content-Security-Policy"] = FILE_CONTENT_SECURITY_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


def content_disposition(name: str, is_inline: bool) -> str:
    """Return the header Content-Disposition: whether the browser may display the file, and its name (RFC 6266)."""
    ascii_name = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in name)
    return (
        f"{'inline' if is_inline else 'attachment'}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
