"""What admins decide. Each page is a file with its own blueprint; add it here, and its link in navigation.py."""

from helpdesk.web.settings import (
    access_explainer,
    audit_trail,
    form_fields,
    forms,
    importing,
    index,
    organizations,
    people,
    portal_setup,
    team,
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
)
