"""Files in the API: upload one before the ticket or message it belongs to, and download one."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from helpdesk import storage
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.tickets import attachments
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.web import files
from helpdesk.web.api import schemas, token_authentication
from helpdesk.web.api.serializers import render_one

FORM_BYTES = 64 * 1024  # around the file: boundaries and headers
blueprint = Blueprint("api_files", __name__, url_prefix="/api/files")


@blueprint.post("")
@token_authentication.require_scope("tickets:write")
def upload_file() -> ResponseReturnValue:
    """Store one file, sent as ``file`` of a form; without a message it is deleted after a day."""
    request.max_content_length = attachments.MAX_BYTES + FORM_BYTES  # others send less, before their token is checked
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise ValidationError("Send one file as `file` in a multipart form.", "file")

    def create() -> int:
        user = token_authentication.get_token_user()
        return attachments.store_upload(upload.stream, upload.filename, upload.mimetype, user, field="file").id

    attachment_id = token_authentication.create_once(create)
    return render_one(schemas.Attachment, db.session.get(Attachment, attachment_id) or abort(404), 201)


@blueprint.get("/<key>")
@token_authentication.require_scope("tickets:read")
def download_file(key: str) -> ResponseReturnValue:
    """The bytes of a file on a ticket that the token's user may see."""
    if not storage.KEY_PATTERN.fullmatch(key):
        abort(404)
    return files.send_attachment(attachments.find_attachment(token_authentication.get_token_user(), key) or abort(404))
