"""Nouns: tables, constraints, and what one row can tell about itself."""

from helpdesk.models import channel, delivery, form, qa_review, session, setting, sla, ticket, user, webhook  # noqa: F401
