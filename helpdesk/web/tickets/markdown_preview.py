"""Preview of a Markdown text, as the portal and each channel in use will show it."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import select

from helpdesk.domain.outbox import registry
from helpdesk.domain.tickets import attachments, messages
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.channel import Channel
from helpdesk.web.middleware import authentication

blueprint = Blueprint("markdown_preview", __name__)


@dataclass(frozen=True)
class ChannelPreview:
    """What one kind of channel will show: ``parts`` are messages, HTML or with ``is_plain`` text."""

    kind: str
    parts: list[Markup | str]
    is_plain: bool


@blueprint.post("/previews")
def preview_markdown() -> ResponseReturnValue:
    """Render the text as messages are rendered; nothing is stored."""
    body = request.form.get("body", "")[: messages.MAX_BODY_LENGTH]
    if not body.strip():
        return render_template("tickets/_preview.html", html=None, files=[], channels=[])
    html = markdown_rendering.markdown_to_html(body)
    files = attachments.pending_uploads(request.form.getlist("uploads"), authentication.get_current_user())
    return render_template("tickets/_preview.html", html=html, files=files, channels=_list_previews(body))


def _list_previews(body: str) -> list[ChannelPreview]:
    in_use = set(db.session.scalars(select(Channel.kind).where(Channel.removed_at.is_(None)).distinct()))
    found = []
    for channel in registry.list_channels():
        preview = channel.preview(body, from_team=current_user.is_team) if channel.kind in in_use else None
        if preview is not None:
            render = str if preview.is_plain else markdown_rendering.markdown_to_html
            found.append(ChannelPreview(channel.kind, [render(part) for part in preview.parts], preview.is_plain))
    return found
