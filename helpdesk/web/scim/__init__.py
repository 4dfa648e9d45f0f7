"""SCIM 2.0 for identity providers: people and groups of one connection, which its bearer token names."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from helpdesk.web.middleware import authorization

blueprint = Blueprint("scim", __name__, url_prefix="/scim/v2")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@blueprint.route("/<path:path>", methods=METHODS)
@authorization.machine_only("a SCIM token")
def serve_scim(path: str) -> ResponseReturnValue:
    """Answer a request of an identity provider."""
    # Here, because the models of SCIM take a third of the time to start and few processes ever need them.
    from helpdesk.web.scim import protocol

    return protocol.answer_request(path)
