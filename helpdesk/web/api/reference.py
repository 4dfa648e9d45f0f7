"""The API's reference as a page that people read, made from the same description as ``/api/openapi.json``."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from helpdesk import config
from helpdesk.web.api import openapi
from helpdesk.web.middleware import authorization

blueprint = Blueprint("api_reference", __name__)
METHODS = ("get", "post", "patch", "put", "delete")


@blueprint.get("/api/docs")
@authorization.public
def show_reference() -> ResponseReturnValue:
    """Every operation with its parameters, body and answer."""
    description = openapi.describe(config.current().PORTAL_BASE_URL)
    return render_template(
        "api_reference.html",
        base_url=config.current().PORTAL_BASE_URL,
        paths=[
            (path, [(method, item[method]) for method in METHODS if method in item], item.get("parameters", []))
            for path, item in description["paths"].items()
        ],
        schemas=sorted(description["components"]["schemas"].items()),
    )
