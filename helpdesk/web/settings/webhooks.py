"""Webhooks: which programs are told what, their secrets, a test, and the log."""

from flask import Blueprint, abort, flash, redirect, request
from sqlalchemy import select

from helpdesk.domain import audit, outbox, webhooks
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.integrations import EVENTS, Webhook
from helpdesk.models.sync import Delivery
from helpdesk.web import access, identity
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_webhooks", __name__, url_prefix="/settings/webhooks")
CHOICES = [(event, webhooks.WORDS[event]) for event in EVENTS]


@blueprint.get("")
@access.admin_only
def index():
    found = db.session.scalars(select(Webhook).order_by(Webhook.id)).all()
    return navigation.render("settings/webhooks.html", webhooks=found)


@blueprint.get("/new")
@access.admin_only
def new():
    return page(None, {"events": ["ticket.filed", "message.replied"], "is_active": True})


@blueprint.post("")
@access.admin_only
def add():
    return keep(None)


@blueprint.get("/<int:webhook_id>")
@access.admin_only
def show(webhook_id: int):
    hook = found(webhook_id)
    return page(hook, {"name": hook.name, "url": hook.url, "events": hook.events, "is_active": hook.is_active})


@blueprint.post("/<int:webhook_id>")
@access.admin_only
def edit(webhook_id: int):
    return keep(found(webhook_id))


@blueprint.post("/<int:webhook_id>/test")
@access.admin_only
def test(webhook_id: int):
    try:
        webhooks.test(found(webhook_id), actor=identity.me())
    except Conflict as error:
        db.session.rollback()
        flash(error.sentence, "error")
    else:
        db.session.commit()
        flash("A test is on its way; its line in the log says what came of it.", "success")
    return redirect(f"/settings/webhooks/{webhook_id}#log", 303)


@blueprint.post("/<int:webhook_id>/deliveries/<int:delivery_id>/retry")
@access.admin_only
def retry(webhook_id: int, delivery_id: int):
    hook = found(webhook_id)
    delivery = db.session.get(Delivery, delivery_id) if delivery_id < 2**63 else None
    if delivery is None or delivery.kind != "webhook" or delivery.subject_id != hook.id:
        abort(404)
    outbox.retry(delivery, actor=identity.me())
    db.session.commit()
    return redirect(f"/settings/webhooks/{webhook_id}#log", 303)


@blueprint.post("/<int:webhook_id>/delete")
@access.admin_only
def delete(webhook_id: int):
    hook = found(webhook_id)
    audit.write("deleted a webhook", identity.me(), hook.name)
    webhooks.delete(hook, actor=identity.me())
    db.session.commit()
    flash("The webhook is deleted.", "success")
    return redirect("/settings/webhooks", 303)


def keep(hook: Webhook | None):
    """Save what was typed, or show it again with what to mend."""
    values = {
        "name": request.form.get("name", ""),
        "url": request.form.get("url", ""),
        "events": request.form.getlist("events"),
        "is_active": "is_active" in request.form,
    }
    webhook_id = hook.id if hook else None
    try:
        saved = webhooks.save(hook, **values, actor=identity.me())
    except Invalid as error:
        db.session.rollback()
        return page(found(webhook_id) if webhook_id else None, values, error.errors), 422
    audit.write(
        "changed a webhook" if webhook_id else "made a webhook",
        identity.me(),
        saved.name,
        url=saved.url,
        events=saved.events,
    )
    db.session.commit()
    flash("The webhook is saved.", "success")
    return redirect(f"/settings/webhooks/{saved.id}", 303)


def page(hook: Webhook | None, values: dict, errors: dict | None = None) -> str:
    return navigation.render(
        "settings/webhook.html",
        webhook=hook,
        values=values,
        errors=errors or {},
        choices=CHOICES,
        secret=webhooks.secret(hook) if hook else "",
        log=webhooks.log(hook) if hook else [],
    )


def found(webhook_id: int) -> Webhook:
    return (db.session.get(Webhook, webhook_id) if webhook_id < 2**63 else None) or abort(404)
