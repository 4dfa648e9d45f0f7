"""Preview of a Markdown text."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.tickets import messages
from helpdesk.markup import markdown_rendering

blueprint = Blueprint("markdown_preview", __name__)


@blueprint.post("/previews")
def preview_markdown() -> ResponseReturnValue:
    """Render the text as messages are rendered; nothing is stored."""
    body = request.form.get("body", "")[: messages.MAX_BODY_LENGTH]
    return render_template(
        "tickets/_preview.html", html=markdown_rendering.markdown_to_html(body) if body.strip() else None
    )
