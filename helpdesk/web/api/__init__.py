"""The JSON API: the same verbs and the same rules as the pages, for programs with a token."""

from helpdesk.web.api import description, messages, organizations, tickets

BLUEPRINTS = (description.blueprint, tickets.blueprint, messages.blueprint, organizations.blueprint)
