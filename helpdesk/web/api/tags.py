"""The tags in the API."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdesk.database import pagination
from helpdesk.models.tag import Tag
from helpdesk.web.api import schemas, token_authentication
from helpdesk.web.api.request_validation import validate_parameters
from helpdesk.web.api.serializers import render_page

blueprint = Blueprint("api_tags", __name__, url_prefix="/api/tags")
TAG_ORDER = pagination.Order(((Tag.id, False),))


@blueprint.get("")
@token_authentication.require_scope("tickets:read")
def list_tags() -> ResponseReturnValue:
    """A page of tags in the order in which they were made."""
    parameters = validate_parameters(schemas.PageParameters)
    query = select(Tag).where(Tag.ended_at.is_(None))
    page = pagination.fetch_page(query, TAG_ORDER, parameters.after, parameters.limit)
    return render_page(schemas.Tag, (row[0] for row in page.rows), page.next)
