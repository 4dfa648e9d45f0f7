"""Renders the checklist with its forms, and redirects back to one of its steps."""

import time
from typing import Any

from flask import flash, redirect, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from helpdesk import config, urls
from helpdesk.channels.email import senders
from helpdesk.channels.slack import manifest
from helpdesk.domain.administration import entered_values, settings
from helpdesk.domain.integrations import connections
from helpdesk.domain.monitoring import health
from helpdesk.domain.people.organizations import IS_PRESENT
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.web import stale_forms
from helpdesk.web.form_base import to_choices
from helpdesk.web.settings import navigation, slack_channels
from helpdesk.web.settings.setup import forms, steps, walk

STARTED_AT = time.monotonic()
WORKERS_START_SECONDS = 60.0  # that workers, started with this process, may take until they are counted


def redirect_to(step: str, sentence: str = "", category: str = "success") -> Response:
    """Back to the checklist with ``step`` open, where the sentence is shown."""
    if sentence:
        flash(sentence, f"{category}@{step}")
    return redirect(f"/settings/setup?step={step}#{step}", 303)


def stored_look() -> dict[str, Any]:
    """The stored names and colour."""
    stored = settings.load_all()
    return {field.name: stored[field.name] for field in forms.LookForm()}


def render_checklist(step: str = "", **given: Any) -> str:
    """Render the page; ``given`` are forms that were refused, by the name of their step or connection."""
    settings.invalidate_cache()  # another process may have served the form
    values = settings.get_all()
    listed = steps.list_steps()
    opened = step or request.args.get("step", "")
    first_missing = next((each.name for each in listed if not each.is_done and not each.is_optional), "")
    organizations = db.session.execute(
        select(Organization.slug, Organization.name).where(IS_PRESENT).order_by(Organization.id).limit(1000)
    ).all()
    test_form = given.get("ticket") or forms.TestTicketForm()
    test_form.organization.choices = to_choices(tuple(row) for row in organizations)
    ticket = walk.find_ticket()
    workers = health.check_workers()
    return navigation.render_settings_page(
        "settings/setup.html",
        steps=listed,
        opened=opened if opened in steps.TITLES else first_missing,
        refused=given,
        look_loaded=stale_forms.fingerprint(stored_look()),
        look=given.get("look") or forms.LookForm(data=values),
        organization=given.get("organization") or forms.OrganizationForm(),
        has_organization=bool(organizations),
        connections={name: describe_connection(name, given.get(name)) for name in forms.CONNECTION_FORMS},
        callbacks={name: urls.absolute_url(f"/sign-in/{name}/authorized") for name in ("google", "microsoft")},
        slack_link=manifest.build_creation_link(config.current().PORTAL_BASE_URL, values["portal_name"]),
        can_slack_call=config.current().is_https,
        slack_channels=slack_channels.list_available_choices(set()) if step_is_shown(opened, listed) else [],
        triage=values["triage_channel"],
        test_form=test_form,
        ticket=ticket,
        stages=walk.list_stages(ticket) if ticket else [],
        no_worker=workers.sentence if not workers.ok and not is_just_started() else "",
        is_dismissed=values["setup_dismissed"],
    )


def is_just_started() -> bool:
    """Whether this process began so lately that the workers which began with it may not be counted yet."""
    return time.monotonic() - STARTED_AT < WORKERS_START_SECONDS


def step_is_shown(opened: str, listed: list[steps.Step]) -> bool:
    """Whether Slack is asked for its channels: only when its step is open or connected without a channel."""
    slack = next(each for each in listed if each.name == "slack")
    return bool(config.current().SLACK_BOT_TOKEN) and (opened == "slack" or not slack.is_done)


def describe_connection(name: str, refused: forms.ConnectionForm | None) -> dict[str, Any]:
    """Return a connection's form, and where its values come from."""
    connection = entered_values.CONNECTIONS[name]
    stored = connections.read_entered(connection)
    return {
        "name": name,
        "title": connection.title,
        "form": refused or forms.make_connection_form(name, stored, senders.system_address() or ""),
        "environment": entered_values.list_environment_names(connection),
        "is_entered": bool(stored),
        "is_unreadable": connections.is_unreadable(connection),
        "is_on": bool(getattr(config.current(), connection.required[0])),
    }
