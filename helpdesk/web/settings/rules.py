"""Rules: their list, the form of one, switching, ordering, and what one would have done last month."""

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.rules import definition, dry_run, management
from helpdesk.domain.rules.definition import RuleDefinition
from helpdesk.extensions import db
from helpdesk.models.rule import Rule
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.rule_form import RuleForm, list_fields

blueprint = Blueprint("settings_rules", __name__, url_prefix="/settings/rules")


@blueprint.get("")
@authorization.lead_only
def list_rules() -> ResponseReturnValue:
    """Show all rules in the order in which they act."""
    rows = [(rule, dry_run.describe_actions(RuleDefinition.of(rule))) for rule in management.list_rules()]
    return navigation.render_settings_page("settings/rules.html", rows=rows, triggers=definition.TRIGGER_LABELS)


@blueprint.get("/new")
@authorization.lead_only
def show_new_rule() -> ResponseReturnValue:
    """Show an empty form."""
    return render_page(None, RuleForm(data={"trigger": "filed"}))


@blueprint.post("")
@authorization.lead_only
def create_rule() -> ResponseReturnValue:
    """Create a rule, which does not act yet."""
    return save_rule(None)


@blueprint.get("/<int:rule_id>")
@authorization.lead_only
def show_rule(rule_id: int) -> ResponseReturnValue:
    """Show one rule in a form, and what it would have done."""
    rule = get_rule_or_404(rule_id)
    return render_page(rule, RuleForm.of(RuleDefinition.of(rule), rule.version))


@blueprint.post("/<int:rule_id>")
@authorization.lead_only
def update_rule(rule_id: int) -> ResponseReturnValue:
    """Save a rule."""
    return save_rule(get_rule_or_404(rule_id))


@blueprint.post("/<int:rule_id>/switch")
@authorization.lead_only
def switch_rule(rule_id: int) -> ResponseReturnValue:
    """Let a rule act, or no longer."""
    rule, is_active = get_rule_or_404(rule_id), request.form.get("active") == "1"
    management.switch_rule(rule, is_active, actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The rule acts from now on.") if is_active else gettext("The rule no longer acts."), "success")
    return redirect("/settings/rules", 303)


@blueprint.post("/<int:rule_id>/move")
@authorization.lead_only
def move_rule(rule_id: int) -> ResponseReturnValue:
    """Let a rule act one place earlier or later."""
    step = -1 if request.form.get("direction") == "up" else 1
    management.move_rule(get_rule_or_404(rule_id), step, actor=authentication.get_current_user())
    db.session.commit()
    return redirect("/settings/rules", 303)


@blueprint.post("/<int:rule_id>/delete")
@authorization.lead_only
def delete_rule(rule_id: int) -> ResponseReturnValue:
    """Delete a rule."""
    management.delete_rule(get_rule_or_404(rule_id), actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The rule is deleted."), "success")
    return redirect("/settings/rules", 303)


def save_rule(rule: Rule | None) -> ResponseReturnValue:
    """Save the form as a new or changed rule, or show it again with the errors."""
    form = RuleForm(request.form)
    rule_id = rule.id if rule else None
    try:
        saved = management.save_rule(
            rule,
            name=form.name.data,
            trigger=form.trigger.data or "",
            idle_hours=form.idle_hours.data,
            conditions=form.read_conditions(),
            wanted=form.read_actions(),
            version=parse_id(form.version.data),
            actor=authentication.get_current_user(),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        page = render_page(get_rule_or_404(rule_id) if rule_id else None, form)
        return page, 409 if isinstance(error, ConflictError) else 422
    db.session.commit()
    flash(gettext("The rule is saved. Below is what it would have done in the last month."), "success")
    return redirect(f"/settings/rules/{saved.id}#dry-run", 303)


def render_page(rule: Rule | None, form: RuleForm) -> str:
    """Render the form of one rule; None is a new one."""
    stored = RuleDefinition.of(rule) if rule else None
    return navigation.render_settings_page(
        "settings/rule.html",
        rule=rule,
        form=form,
        fields=list_fields(),
        tried=dry_run.try_rule(stored) if stored else None,
        does=dry_run.describe_actions(stored) if stored else [],
    )


def get_rule_or_404(rule_id: int) -> Rule:
    """Return the rule with this id, else 404."""
    return management.find_rule(rule_id) or abort(404)
