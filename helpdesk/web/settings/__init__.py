"""What admins decide. Each page is a file with its own blueprint; add it here, and its link in navigation.py."""

from helpdesk.web.settings import (
    access_explainer,
    api_tokens,
    audit_trail,
    channels,
    closing,
    form_fields,
    forms,
    importing,
    index,
    mail,
    organizations,
    people,
    portal_setup,
    retention,
    service_levels,
    team,
    team_replies,
    webhooks,
)
from helpdesk.web.settings.navigation import NAVIGATION  # noqa: F401

BLUEPRINTS = (
    index.blueprint,
    portal_setup.blueprint,
    importing.blueprint,
    organizations.blueprint,
    people.blueprint,
    team.blueprint,
    access_explainer.blueprint,
    forms.blueprint,
    form_fields.blueprint,
    audit_trail.blueprint,
    channels.blueprint,
    mail.blueprint,
    service_levels.blueprint,
    team_replies.blueprint,
    closing.blueprint,
    retention.blueprint,
    webhooks.blueprint,
    api_tokens.blueprint,
)
