"""The OpenAPI 3.1 description of the API, built from ``schemas``: for clients' tools and for the tests."""

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from helpdesk import config
from helpdesk.database.row_ids import MAX_ID
from helpdesk.web.api import connection_schemas, schemas
from helpdesk.web.middleware import authorization

blueprint = Blueprint("api_description", __name__)
REF = "#/components/schemas/{model}"
PARTS = ("Ticket", "Message", "Organization", "PersonDetails", "Connection")  # what can be read in part
PROBLEM_STATUSES = (400, 401, 403, 404, 409, 412, 413, 422, 429)
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the ticket as it was read; 412 if somebody changed it since.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,10}"$'},
}
FILE_KEY = {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}
UPLOAD = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key again is the same request.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9_-]+$"},
}
TAGS = {
    "tickets": "Tickets and their messages.",
    "files": "Files up and down.",
    "tags": "The team's words for kinds of tickets.",
    "organizations": "Organizations and their people.",
    "connections": "Sign-in connections: the identity providers of organizations and of the team.",
}
NUMBER = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
DOMAIN = {"type": "string", "minLength": 1, "maxLength": 253, "pattern": "^[a-z0-9.-]+$"}
SLUG = {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[a-z0-9-]+$"}


@blueprint.get("/api/openapi.json")
@authorization.public
def show_openapi() -> ResponseReturnValue:
    """The description; it contains nothing of this installation's data, so it is public."""
    return jsonify(describe(config.current().PORTAL_BASE_URL))


def describe(base_url: str) -> dict[str, Any]:
    """The whole description for a portal at ``base_url``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Helpdesk",
            "version": "1",
            "description": "Tickets, what is said on them, and organizations. A token acts as the person who made it.",
            "contact": {"name": "The helpdesk", "url": base_url},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "servers": [{"url": base_url}],
        "security": [{"token": []}],
        "paths": _with_tags(_paths()),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _component_schemas(),
        },
    }


def _with_tags(paths: dict[str, Any]) -> dict[str, Any]:
    """``paths`` with the tag of each operation: the part of the path after /api/."""
    for path, item in paths.items():
        for method, operation in item.items():
            if method != "parameters":
                operation["tags"] = [path.split("/")[2]]
    return paths


def _paths() -> dict[str, Any]:
    number, slug = _path_parameter("number", NUMBER), _path_parameter("slug", SLUG)
    read, write, organizations = "tickets:read", "tickets:write", "organizations:read"
    paging, filters = _query_parameters(schemas.PageParameters), _query_parameters(schemas.TicketParameters)
    one, expand = _query_parameters(schemas.FieldsParameters), _query_parameters(schemas.ExpandParameters)
    rows = _query_parameters(schemas.FieldsPageParameters)
    key = [IDEMPOTENCY_KEY]
    return {
        "/api/tickets": {
            "get": _operation("listTickets", "List tickets", read, _page(_part("Ticket")), filters),
            "post": _operation(
                "fileTicket", "File a ticket for a customer", write, _ref("Ticket"), key, "NewTicket", 201
            ),
        },
        "/api/tickets/{number}": {
            "parameters": [number],
            "get": _operation("readTicket", "Read a ticket", read, _part("Ticket"), expand),
            "patch": _operation("changeTicket", "Change a ticket", write, _ref("Ticket"), [IF_MATCH], "TicketChange"),
        },
        "/api/tickets/{number}/messages": {
            "parameters": [number],
            "get": _operation("listMessages", "List what was said", read, _page(_part("Message")), rows),
            "post": _operation("say", "Reply or write a note", write, _ref("Message"), key, "NewMessage", 201),
        },
        "/api/files": {
            "post": _operation("uploadFile", "Upload a file", write, _ref("Attachment"), key, success=201)
            | {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": UPLOAD}}}},
        },
        "/api/files/{key}": {
            "parameters": [_path_parameter("key", FILE_KEY)],
            "get": _download("downloadFile", "Download a file", read),
        },
        "/api/tags": {"get": _operation("listTags", "List tags", read, _page(_ref("Tag")), paging)},
        "/api/organizations": {
            "get": _operation(
                "listOrganizations", "List organizations", organizations, _page(_part("Organization")), rows
            ),
        },
        "/api/organizations/{slug}": {
            "parameters": [slug],
            "get": _operation("readOrganization", "Read an organization", organizations, _part("Organization"), one),
        },
        "/api/organizations/{slug}/people": {
            "parameters": [slug],
            "get": _operation("listPeople", "List its people", organizations, _page(_part("PersonDetails")), rows),
        },
        **_connection_paths(),
    }


def _connection_paths() -> dict[str, Any]:
    read, write, one = "connections:read", "connections:write", [_path_parameter("id", NUMBER)]
    domain = [*one, _path_parameter("domain", DOMAIN)]
    rows = _query_parameters(connection_schemas.ConnectionParameters)
    fields = _query_parameters(schemas.FieldsParameters)
    whole = _ref("Connection")
    delete = _operation("deleteConnection", "Delete a connection", write, {})
    delete["responses"]["204"] = {"description": "Done."}
    del delete["responses"]["200"]
    return {
        "/api/connections": {
            "get": _operation("listConnections", "List sign-in connections", read, _page(_part("Connection")), rows),
            "post": _operation(
                "addConnection", "Add a connection", write, whole, [IDEMPOTENCY_KEY], "NewConnection", 201
            ),
        },
        "/api/connections/{id}": {
            "parameters": one,
            "get": _operation("readConnection", "Read a connection", read, _part("Connection"), fields),
            "patch": _operation("changeConnection", "Change a connection", write, whole, body="ConnectionChange"),
            "delete": delete,
        },
        "/api/connections/{id}/check": {
            "parameters": one,
            "post": _operation("checkConnection", "Fetch document and keys", write, _ref("ProviderState")),
        },
        "/api/connections/{id}/domains/{domain}/check": {
            "parameters": domain,
            "post": _operation("checkDomain", "Look for the record that proves a domain", write, whole),
        },
        "/api/connections/{id}/domains/{domain}/vouch": {
            "parameters": domain,
            "post": _operation("vouchForDomain", "Set a domain as proven", write, whole),
        },
    }


def _component_schemas() -> dict[str, Any]:
    answers = [(model, "serialization") for model in (*schemas.ANSWERS, *connection_schemas.ANSWERS)]
    bodies = [
        (model, "validation")
        for model in (*schemas.REQUEST_BODIES, *connection_schemas.REQUEST_BODIES, schemas.Problem)
    ]  # responses leave out a problem's defaults
    _, definitions = models_json_schema([*answers, *bodies], ref_template=REF)
    found: dict[str, Any] = definitions["$defs"]
    for name in PARTS:
        whole = found[name]
        about = {"title": f"{name}Fields", "description": f"The properties of {name} that `fields` names."}
        found[f"{name}Fields"] = {key: value for key, value in whole.items() if key != "required"} | about
    return found


def _query_parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Each field of ``model`` as a query parameter; None means left out, so null is no valid value."""
    schema = model.model_json_schema(ref_template=REF)
    definitions = schema.pop("$defs", {})
    parameters = []
    for name, property_schema in schema["properties"].items():
        (value_schema,) = [
            option for option in property_schema.get("anyOf", [property_schema]) if option.get("type") != "null"
        ]
        if "$ref" in value_schema:
            value_schema = definitions[value_schema["$ref"].rsplit("/", 1)[1]]
        parameter = {"name": name, "in": "query", "required": False, "schema": value_schema}
        parameters.append(
            parameter | ({"description": property_schema["description"]} if "description" in property_schema else {})
        )
    return parameters


def _operation(
    name: str,
    summary: str,
    scope: str,
    schema: dict[str, Any],
    parameters: list[dict[str, Any]] | None = None,
    body: str = "",
    success: int = 200,
) -> dict[str, Any]:
    problem = {"description": "Why not.", "content": {"application/problem+json": {"schema": _ref("Problem")}}}
    operation = {
        "operationId": name,
        "summary": summary,
        "description": f"Needs the scope `{scope}`.",
        "responses": {
            str(success): {"description": "Done.", "content": {"application/json": {"schema": schema}}},
            **{str(status): problem for status in PROBLEM_STATUSES},
        },
    }
    if parameters:
        operation["parameters"] = parameters
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return operation


def _download(name: str, summary: str, scope: str) -> dict[str, Any]:
    operation = _operation(name, summary, scope, {})
    binary = {"schema": {"type": "string", "format": "binary"}}
    # Generators of clients look for the first; the type of an answer is the file's own.
    operation["responses"]["200"]["content"] = {"application/octet-stream": binary, "*/*": binary}
    return operation


def _ref(name: str) -> dict[str, str]:
    return {"$ref": REF.format(model=name)}


def _part(name: str) -> dict[str, Any]:
    """All of ``name``, or with the parameter ``fields`` only some of its properties."""
    assert name in PARTS
    return {"anyOf": [_ref(name), _ref(f"{name}Fields")]}


def _page(items: dict[str, Any]) -> dict[str, Any]:
    properties = {"data": {"type": "array", "items": items}, "next": {"type": ["string", "null"]}}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _path_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}
