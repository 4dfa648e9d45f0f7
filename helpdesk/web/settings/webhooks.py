"""Webhooks: their URLs and events, secrets, a test, and the delivery log."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.integrations import webhook_replay, webhook_secrets, webhooks
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.webhook import Webhook
from helpdesk.translation import gettext, ngettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.integration_forms import WebhookForm

blueprint = Blueprint("settings_webhooks", __name__, url_prefix="/settings/webhooks")
INITIAL_VALUES = {"events": ["ticket.filed", "message.replied"], "is_active": True}


@blueprint.get("")
@authorization.admin_only
def list_webhooks() -> ResponseReturnValue:
    """Show all webhooks."""
    rows = db.session.scalars(select(Webhook).order_by(Webhook.id)).all()
    return navigation.render_settings_page("settings/webhooks.html", webhooks=rows)


@blueprint.get("/new")
@authorization.admin_only
def show_new_webhook() -> ResponseReturnValue:
    """Show the empty form of a webhook."""
    return render_page(None, WebhookForm(data=INITIAL_VALUES))


@blueprint.post("")
@authorization.admin_only
def create_webhook() -> ResponseReturnValue:
    """Create a webhook."""
    return save_webhook(None)


@blueprint.get("/<int:webhook_id>")
@authorization.admin_only
def show_webhook(webhook_id: int) -> ResponseReturnValue:
    """Show one webhook with its secret and its log."""
    webhook = get_webhook_or_404(webhook_id)
    return render_page(webhook, WebhookForm(obj=webhook))


@blueprint.post("/<int:webhook_id>")
@authorization.admin_only
def update_webhook(webhook_id: int) -> ResponseReturnValue:
    """Save a webhook."""
    return save_webhook(get_webhook_or_404(webhook_id))


@blueprint.post("/<int:webhook_id>/secret")
@authorization.admin_only
def change_secret(webhook_id: int) -> ResponseReturnValue:
    """Give a webhook a new secret; the former one counts for some days."""
    try:
        webhook_secrets.change_secret(get_webhook_or_404(webhook_id), actor=authentication.get_current_user())
    except ConflictError as error:
        db.session.rollback()
        flash(error.message, "error@secret")
    else:
        db.session.commit()
        flash(gettext("The webhook has a new secret. Enter it at the receiver."), "success@secret")
    return redirect(f"/settings/webhooks/{webhook_id}#secret", 303)


@blueprint.post("/<int:webhook_id>/former-secret/delete")
@authorization.admin_only
def end_former_secret(webhook_id: int) -> ResponseReturnValue:
    """Let the former secret count no longer."""
    webhook_secrets.end_former_secret(get_webhook_or_404(webhook_id), actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The former secret has ended."), "success@secret")
    return redirect(f"/settings/webhooks/{webhook_id}#secret", 303)


@blueprint.post("/<int:webhook_id>/test")
@authorization.admin_only
def test_webhook(webhook_id: int) -> ResponseReturnValue:
    """Send a test event."""
    try:
        webhooks.send_test(get_webhook_or_404(webhook_id), actor=authentication.get_current_user())
    except ConflictError as error:
        db.session.rollback()
        flash(error.message, "error@log")
    else:
        db.session.commit()
        flash(gettext("A test is on its way. The first line of the log below shows its result."), "success@log")
    return redirect(f"/settings/webhooks/{webhook_id}#log", 303)


@blueprint.post("/<int:webhook_id>/deliveries/<int:delivery_id>/retry")
@authorization.admin_only
def retry_delivery(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    """Retry one delivery of the log."""
    webhook = get_webhook_or_404(webhook_id)
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None or delivery.kind != DeliveryKind.webhook or delivery.subject_id != webhook.id:
        abort(404)
    outbox.retry_delivery(delivery, actor=authentication.get_current_user())
    db.session.commit()
    return redirect(f"/settings/webhooks/{webhook_id}#log", 303)


@blueprint.post("/<int:webhook_id>/deliveries/<int:delivery_id>/replay")
@authorization.admin_only
def replay_delivery(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    """Send an event of the log again."""
    webhook = get_webhook_or_404(webhook_id)
    delivery = db.session.get(Delivery, delivery_id)
    if delivery is None or delivery.kind != DeliveryKind.webhook or delivery.subject_id != webhook.id:
        abort(404)
    actor = authentication.get_current_user()
    return _replay(webhook_id, lambda: webhook_replay.replay_delivery(delivery, actor=actor) and 1)


@blueprint.post("/<int:webhook_id>/replay")
@authorization.admin_only
def replay_log(webhook_id: int) -> ResponseReturnValue:
    """Send all events since the chosen time again."""
    webhook, hours = get_webhook_or_404(webhook_id), parse_id(request.form.get("hours")) or 0
    actor = authentication.get_current_user()
    return _replay(webhook_id, lambda: webhook_replay.replay_since(webhook, hours, actor=actor))


def _replay(webhook_id: int, action: Callable[[], int]) -> ResponseReturnValue:
    try:
        count = action()
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        flash(error.message, "error@log")
    else:
        db.session.commit()
        flash(ngettext("%(num)s event is sent again.", "%(num)s events are sent again.", count), "success@log")
    return redirect(f"/settings/webhooks/{webhook_id}#log", 303)


@blueprint.post("/<int:webhook_id>/delete")
@authorization.admin_only
def delete_webhook(webhook_id: int) -> ResponseReturnValue:
    """Delete a webhook."""
    webhook = get_webhook_or_404(webhook_id)
    audit_log.add_entry("deleted a webhook", authentication.get_current_user(), webhook.name)
    webhooks.delete_webhook(webhook, actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The webhook is deleted."), "success")
    return redirect("/settings/webhooks", 303)


def save_webhook(webhook: Webhook | None) -> ResponseReturnValue:
    """Save the form as a new or changed webhook, or show it again with the errors."""
    form = WebhookForm(request.form)
    webhook_id = webhook.id if webhook else None
    try:
        if webhook is not None:
            stale_forms.begin_change(lambda: stored_values(webhook))
        saved = webhooks.save_webhook(webhook, **form.data, actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        status = 409 if isinstance(error, ConflictError) else 422
        return render_page(get_webhook_or_404(webhook_id) if webhook_id else None, form), status
    audit_log.add_entry(
        "changed a webhook" if webhook_id else "made a webhook",
        authentication.get_current_user(),
        saved.name,
        url=saved.url,
        events=saved.events,
    )
    db.session.commit()
    flash(gettext("The webhook is saved."), "success")
    return redirect(f"/settings/webhooks/{saved.id}", 303)


def render_page(webhook: Webhook | None, form: WebhookForm) -> str:
    """Render the page of one webhook; None is a new one."""
    return navigation.render_settings_page(
        "settings/webhook.html",
        webhook=webhook,
        form=form,
        secret=webhook_secrets.signing_secret(webhook) if webhook else "",
        former_until=webhook_secrets.former_secret_until(webhook) if webhook else None,
        log=webhooks.list_deliveries(webhook) if webhook else [],
        loaded=stale_forms.fingerprint(stored_values(webhook)) if webhook else "",
    )


def stored_values(webhook: Webhook) -> dict[str, Any]:
    """Return the stored values that the form changes."""
    return {name: getattr(webhook, name) for name in WebhookForm(data={}).data}


def get_webhook_or_404(webhook_id: int) -> Webhook:
    """Return the webhook with this id; aborts with 404 if there is none."""
    return db.session.get(Webhook, webhook_id) or abort(404)
