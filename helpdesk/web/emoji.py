"""Emoji by name, and pictures of the workspace's own, out of our storage."""

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from helpdesk import storage
from helpdesk.channels.slack.parse import emoji_names
from helpdesk.domain.integrations import custom_emoji
from helpdesk.extensions import db
from helpdesk.web.files import FILE_CONTENT_SECURITY_POLICY
from helpdesk.web.middleware import error_handlers

blueprint = Blueprint("emoji", __name__)
MAX_NAMES = 8


@blueprint.get("/emoji-names")
def find_names() -> ResponseReturnValue:
    """The emoji whose names contain ``q``: names and characters."""
    words = request.args.get("q", "").lower()[:40]
    return jsonify(emoji_names.find_emoji(words, MAX_NAMES) if len(words) > 1 else [])


@blueprint.get("/emoji/<name>")
def show_picture(name: str) -> ResponseReturnValue:
    """Send the picture of the emoji ``name``. Everybody who is signed in may see it: it says nothing about a ticket."""
    found = custom_emoji.find_picture(name) or abort(404)
    key, media_type = str(found.key), found.media_type
    db.session.remove()
    try:
        data = storage.read(key)
    except FileNotFoundError:
        abort(404)
    except storage.StorageUnavailable as error:
        return error_handlers.render_error_page(503, str(error))
    response = Response(data, mimetype=media_type)
    response.headers["Content-Security-Policy"] = FILE_CONTENT_SECURITY_POLICY
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
