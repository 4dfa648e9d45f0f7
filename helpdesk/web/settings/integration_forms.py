"""The forms of API tokens and webhooks; the domain validates their values."""

from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, URLField

from helpdesk.domain.integrations import api_tokens, webhooks
from helpdesk.models.api_token import API_TOKEN_SCOPES
from helpdesk.models.webhook import WEBHOOK_EVENTS
from helpdesk.translation import lazy_gettext
from helpdesk.web.form_base import Form, to_choices

LIFETIMES = [
    ("30", lazy_gettext("30 days")),
    ("90", lazy_gettext("90 days")),
    ("366", lazy_gettext("A year")),
    ("", lazy_gettext("Until it is revoked")),
]


class ApiTokenForm(Form):
    """A new token: its name, its scopes and its lifetime."""

    name = StringField(
        lazy_gettext("Name"), description=lazy_gettext("What will use it."), render_kw={"maxlength": "80"}
    )
    scopes = SelectMultipleField(
        lazy_gettext("What it may do"),
        choices=to_choices((scope, api_tokens.SCOPE_LABELS[scope]) for scope in API_TOKEN_SCOPES),
        validate_choice=False,
    )
    days = SelectField(lazy_gettext("Ends after"), choices=to_choices(LIFETIMES))


class WebhookForm(Form):
    """A webhook: its name, its URL and its events."""

    name = StringField(lazy_gettext("Name"), render_kw={"maxlength": "80"})
    url = URLField(
        lazy_gettext("Address"),
        description=lazy_gettext("On the public internet, by https. Redirects are not followed."),
        render_kw={"placeholder": "https://", "maxlength": "500"},
    )
    events = SelectMultipleField(
        lazy_gettext("What it is told"),
        choices=to_choices((event, webhooks.EVENT_LABELS[event]) for event in WEBHOOK_EVENTS),
        validate_choice=False,
    )
    is_active = BooleanField(lazy_gettext("Switched on"))
