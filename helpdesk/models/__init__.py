"""Nouns: tables, constraints, and what one row can tell about itself."""

from helpdesk.models import channels, forms, people, sessions, settings, sync, tickets  # noqa: F401
