"""The JSON API: the same operations and rules as on the pages, for programs with a token."""

from helpdesk.web.api import messages, openapi, organizations, tickets

BLUEPRINTS = (openapi.blueprint, tickets.blueprint, messages.blueprint, organizations.blueprint)
