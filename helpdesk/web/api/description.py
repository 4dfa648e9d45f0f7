"""The API in OpenAPI 3.1, for people's tools and for the test that holds us to it."""

from typing import Any

from flask import Blueprint, jsonify

from helpdesk import config
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status, WaitingOn
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH, MessageKind
from helpdesk.web.middleware import authorization

blueprint = Blueprint("api_description", __name__)


@blueprint.get("/api/openapi.json")
@authorization.public
def openapi():
    """The description; it says nothing about this installation's contents, so anybody may read it."""
    return jsonify(describe(config.current().PORTAL_BASE_URL))


def describe(base: str) -> dict[str, Any]:
    """The whole description for a portal at ``base``."""
    number = _path_parameter("number", {"type": "integer", "minimum": 1, "maximum": 2**63 - 1})
    slug = _path_parameter("slug", {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[a-z0-9-]+$"})
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same key again is the same request.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9_-]+$"},
    }
    filters = [
        _query("q", {"type": "string", "maxLength": 200}, "Words to search for."),
        _query("status", {"enum": [str(each) for each in Status]}),
        _query("priority", {"enum": [str(each) for each in Priority]}),
        _query("organization", {"type": "string", "pattern": "^[a-z0-9-]{1,80}$"}, "An organization's slug."),
        _query("assignee", {"type": "string", "pattern": "^(none|me|[0-9]{1,18})$"}, "`none`, `me`, or a user's id."),
        _query("form", {"type": "string", "pattern": "^[a-z0-9-]{1,80}$"}, "A form's slug."),
        _query("sort", {"enum": ["waiting", "oldest", "newest"]}, "Latest activity first unless given."),
    ]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Helpdesk",
            "version": "1",
            "description": "Tickets, what is said on them, and organizations. A token acts as the person who made it.",
        },
        "servers": [{"url": base}],
        "security": [{"token": []}],
        "paths": {
            "/api/tickets": {
                "get": _operation("listTickets", "List tickets", "tickets:read", _page("Ticket"), [*filters, *_PAGING]),
                "post": _operation(
                    "fileTicket",
                    "File a ticket for a customer",
                    "tickets:write",
                    _ref("Ticket"),
                    [key],
                    "NewTicket",
                    201,
                ),
            },
            "/api/tickets/{number}": {
                "parameters": [number],
                "get": _operation("readTicket", "Read a ticket", "tickets:read", _ref("Ticket")),
                "patch": _operation(
                    "changeTicket", "Change a ticket", "tickets:write", _ref("Ticket"), [], "TicketChange"
                ),
            },
            "/api/tickets/{number}/messages": {
                "parameters": [number],
                "get": _operation("listMessages", "List what was said", "tickets:read", _page("Message"), _PAGING),
                "post": _operation(
                    "say", "Reply or write a note", "tickets:write", _ref("Message"), [key], "NewMessage", 201
                ),
            },
            "/api/organizations": {
                "get": _operation(
                    "listOrganizations", "List organizations", "organizations:read", _page("Organization"), _PAGING
                ),
            },
            "/api/organizations/{slug}": {
                "parameters": [slug],
                "get": _operation(
                    "readOrganization", "Read an organization", "organizations:read", _ref("Organization")
                ),
            },
            "/api/organizations/{slug}/people": {
                "parameters": [slug],
                "get": _operation("listPeople", "List its people", "organizations:read", _page("Person"), _PAGING),
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _SCHEMAS,
        },
    }


def _operation(name, summary, scope, schema, parameters=(), body=None, success=200) -> dict[str, Any]:
    problem = {"description": "Why not.", "content": {"application/problem+json": {"schema": _ref("Problem")}}}
    made = {
        "operationId": name,
        "summary": summary,
        "description": f"Needs the scope `{scope}`.",
        "responses": {
            str(success): {"description": "Done.", "content": {"application/json": {"schema": schema}}},
            **{str(status): problem for status in (400, 401, 403, 404, 409, 422, 429)},
        },
    }
    if parameters:
        made["parameters"] = list(parameters)
    if body:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return made


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _page(name: str) -> dict[str, Any]:
    return _object({"data": {"type": "array", "items": _ref(name)}, "next": {"type": ["string", "null"]}})


def _query(name: str, schema: dict, description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema} | (
        {"description": description} if description else {}
    )


def _path_parameter(name: str, schema: dict) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _object(properties: dict, required: list[str] | None = None) -> dict[str, Any]:
    wanted = list(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": wanted, "additionalProperties": False}


_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_MAYBE_TIME = {"type": ["string", "null"], "format": "date-time"}
_STATUS = {"enum": [str(each) for each in Status]}
_PRIORITY = {"enum": [str(each) for each in Priority]}
_PAGING = [
    _query("after", {"type": "string", "pattern": "^[A-Za-z0-9_-]{0,1000}$"}, "`next` of the page before."),
    _query("limit", {"type": "integer", "minimum": 1, "maximum": 100}),
]
_SCHEMAS: dict[str, Any] = {
    "Person": _object({"name": _TEXT, "email": _TEXT}),
    "Organization": _object(
        {
            "slug": _TEXT,
            "name": _TEXT,
            "domains": {"type": "array", "items": _TEXT},
            "portal_enabled": {"type": "boolean"},
            "created_at": _TIME,
        }
    ),
    "Ticket": _object(
        {
            "number": {"type": "integer"},
            "subject": _TEXT,
            "status": _STATUS,
            "holder": {"enum": [*(str(each) for each in WaitingOn), None]},
            "priority": _PRIORITY,
            "organization": _object({"slug": _TEXT, "name": _TEXT}),
            "requester": _ref("Person"),
            "assignee": {"anyOf": [_ref("Person"), {"type": "null"}]},
            "created_at": _TIME,
            "updated_at": _TIME,
            "first_response_at": _MAYBE_TIME,
            "solved_at": _MAYBE_TIME,
            "closed_at": _MAYBE_TIME,
            "url": _TEXT,
        }
    ),
    "NewTicket": _object(
        {
            "requester": {"type": "string", "minLength": 3, "maxLength": 254, "description": "A customer's address."},
            "subject": {"type": "string", "minLength": 1, "maxLength": MAX_SUBJECT_LENGTH},
            "body": {"type": "string", "minLength": 1, "maxLength": 40_000},
            "priority": _PRIORITY,
            "form": {"type": "string", "maxLength": 80, "description": "A form's slug."},
            "answers": {"type": "object", "description": "By the key of each field."},
        },
        ["requester", "subject", "body"],
    ),
    "TicketChange": _object(
        {
            "status": _STATUS,
            "priority": _PRIORITY,
            "assignee": {"type": ["string", "null"], "description": "An address, or null for nobody."},
        },
        [],
    ),
    "Message": _object(
        {
            "id": {"type": "integer"},
            "kind": {"enum": [str(each) for each in MessageKind]},
            "from_team": {"type": "boolean"},
            "author": _TEXT,
            "body": _TEXT,
            "created_at": _TIME,
            "edited_at": _MAYBE_TIME,
            "deleted_at": _MAYBE_TIME,
            "attachments": {
                "type": "array",
                "items": _object({"name": _TEXT, "media_type": _TEXT, "size": {"type": "integer"}, "url": _TEXT}),
            },
        }
    ),
    "NewMessage": _object(
        {
            "kind": {"enum": [str(each) for each in MessageKind], "default": "reply"},
            "body": {"type": "string", "minLength": 1, "maxLength": 40_000},
        },
        ["body"],
    ),
    "Problem": {
        "type": "object",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "errors": {"type": "object"},
        },
        "required": ["type", "title", "status"],
    },
}
