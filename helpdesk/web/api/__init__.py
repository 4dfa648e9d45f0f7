"""The JSON API: the same verbs and the same rules as the pages, for programs with a token."""

from helpdesk.web.api import messages, openapi, organizations, tickets

BLUEPRINTS = (openapi.blueprint, tickets.blueprint, messages.blueprint, organizations.blueprint)
