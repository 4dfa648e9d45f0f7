"""How somebody's Markdown will look."""

from flask import Blueprint, render_template, request

from helpdesk import rendering
from helpdesk.domain.tickets import conversation

blueprint = Blueprint("previews", __name__)


@blueprint.post("/previews")
def preview():
    """The text as safe HTML, made as messages are; nothing is kept."""
    body = request.form.get("body", "")[: conversation.LONGEST]
    return render_template("tickets/_preview.html", html=rendering.markdown(body) if body.strip() else None)
