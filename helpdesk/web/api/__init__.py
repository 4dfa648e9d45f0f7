"""The JSON API: the same operations and rules as on the pages, for programs with a token."""

from helpdesk.web.api import connections, files, messages, openapi, organizations, reference, tags, tickets

BLUEPRINTS = (
    openapi.blueprint,
    reference.blueprint,
    tickets.blueprint,
    messages.blueprint,
    files.blueprint,
    organizations.blueprint,
    connections.blueprint,
    tags.blueprint,
)
