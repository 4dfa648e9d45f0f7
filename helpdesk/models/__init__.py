"""Nouns: tables, constraints, and what one row can tell about itself."""

from helpdesk.models import (
    channels,
    desk,
    forms,
    integrations,
    people,
    service_levels,
    sessions,
    settings,
    sync,
    tickets,
)  # noqa: F401
