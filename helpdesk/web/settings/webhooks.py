"""Webhooks: which programs are told what, their secrets, a test, and the log."""

from flask import Blueprint, abort, flash, redirect, request
from sqlalchemy import select

from helpdesk.domain import outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.integrations import webhooks
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.webhook import Webhook
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.integration_forms import WebhookForm

blueprint = Blueprint("settings_webhooks", __name__, url_prefix="/settings/webhooks")
NEW = {"events": ["ticket.filed", "message.replied"], "is_active": True}


@blueprint.get("")
@authorization.admin_only
def list_webhooks():
    found = db.session.scalars(select(Webhook).order_by(Webhook.id)).all()
    return navigation.render_settings_page("settings/webhooks.html", webhooks=found)


@blueprint.get("/new")
@authorization.admin_only
def show_new_webhook():
    return page(None, WebhookForm(data=NEW))


@blueprint.post("")
@authorization.admin_only
def create_webhook():
    return keep(None)


@blueprint.get("/<int:webhook_id>")
@authorization.admin_only
def show_webhook(webhook_id: int):
    hook = found(webhook_id)
    return page(hook, WebhookForm(obj=hook))


@blueprint.post("/<int:webhook_id>")
@authorization.admin_only
def update_webhook(webhook_id: int):
    return keep(found(webhook_id))


@blueprint.post("/<int:webhook_id>/test")
@authorization.admin_only
def test_webhook(webhook_id: int):
    try:
        webhooks.send_test(found(webhook_id), actor=authentication.get_current_user())
    except ConflictError as error:
        db.session.rollback()
        flash(error.sentence, "error")
    else:
        db.session.commit()
        flash("A test is on its way; its line in the log says what came of it.", "success")
    return redirect(f"/settings/webhooks/{webhook_id}#log", 303)


@blueprint.post("/<int:webhook_id>/deliveries/<int:delivery_id>/retry")
@authorization.admin_only
def retry_delivery(webhook_id: int, delivery_id: int):
    hook = found(webhook_id)
    delivery = db.session.get(Delivery, delivery_id) if delivery_id < 2**63 else None
    if delivery is None or delivery.kind != DeliveryKind.webhook or delivery.subject_id != hook.id:
        abort(404)
    outbox.retry_delivery(delivery, actor=authentication.get_current_user())
    db.session.commit()
    return redirect(f"/settings/webhooks/{webhook_id}#log", 303)


@blueprint.post("/<int:webhook_id>/delete")
@authorization.admin_only
def delete_webhook(webhook_id: int):
    hook = found(webhook_id)
    audit_log.add_entry("deleted a webhook", authentication.get_current_user(), hook.name)
    webhooks.delete_webhook(hook, actor=authentication.get_current_user())
    db.session.commit()
    flash("The webhook is deleted.", "success")
    return redirect("/settings/webhooks", 303)


def keep(hook: Webhook | None):
    """Save what was typed, or show it again with what to mend."""
    form = WebhookForm(request.form)
    webhook_id = hook.id if hook else None
    try:
        saved = webhooks.save_webhook(hook, **form.data, actor=authentication.get_current_user())
    except ValidationError as error:
        db.session.rollback()
        form.add_refusal(error)
        return page(found(webhook_id) if webhook_id else None, form), 422
    audit_log.add_entry(
        "changed a webhook" if webhook_id else "made a webhook",
        authentication.get_current_user(),
        saved.name,
        url=saved.url,
        events=saved.events,
    )
    db.session.commit()
    flash("The webhook is saved.", "success")
    return redirect(f"/settings/webhooks/{saved.id}", 303)


def page(hook: Webhook | None, form: WebhookForm) -> str:
    return navigation.render_settings_page(
        "settings/webhook.html",
        webhook=hook,
        form=form,
        secret=webhooks.signing_secret(hook) if hook else "",
        log=webhooks.list_deliveries(hook) if hook else [],
    )


def found(webhook_id: int) -> Webhook:
    return (db.session.get(Webhook, webhook_id) if webhook_id < 2**63 else None) or abort(404)
