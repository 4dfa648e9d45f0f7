"""Merge people or organizations, and move tickets after a domain moved: first read what it does, then confirm."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ConflictError, DomainError, ValidationError
from helpdesk.domain.people import organizations, users
from helpdesk.domain.people.organization_choices import list_choices
from helpdesk.domain.reorganization import organization_merging, organization_preview, people_merging, ticket_moves
from helpdesk.extensions import db
from helpdesk.models.operation import Operation
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.organizations import get_organization_or_404
from helpdesk.web.settings.people import get_user_or_404

blueprint = Blueprint("settings_merging", __name__, url_prefix="/settings")
CHANGED = lazy_gettext("What this does has changed since you read it. Read it again before you confirm.")


@dataclass(frozen=True)
class Reorganization:
    """What one page asks for: ``target`` is None until one is chosen; ``preview`` and ``start`` need it."""

    what: str
    subject: User | Organization
    target: User | Organization | None
    preview: Callable[[], list[str]]
    start: Callable[[], Operation]
    choices: list[tuple[str, str]] | None = None
    suggested: str = ""


@blueprint.get("/people/<int:user_id>/merge")
@authorization.admin_only
def show_people_merge(user_id: int) -> ResponseReturnValue:
    """Choose whom this person is merged into, and read what that does."""
    return _show(_people_merge(user_id, request.args.get("target", "")))


@blueprint.post("/people/<int:user_id>/merge")
@authorization.admin_only
def merge_people(user_id: int) -> ResponseReturnValue:
    """Merge this person into the other."""
    return _start(_people_merge(user_id, request.form.get("target", "")))


@blueprint.get("/organizations/<int:organization_id>/merge")
@authorization.admin_only
def show_organization_merge(organization_id: int) -> ResponseReturnValue:
    """Choose what this organization is merged into, and read what that does."""
    return _show(_organization_merge(organization_id, request.args.get("target", "")))


@blueprint.post("/organizations/<int:organization_id>/merge")
@authorization.admin_only
def merge_organizations(organization_id: int) -> ResponseReturnValue:
    """Merge this organization into the other; a job does it."""
    return _start(_organization_merge(organization_id, request.form.get("target", "")))


@blueprint.get("/organizations/<int:organization_id>/move")
@authorization.admin_only
def show_ticket_move(organization_id: int) -> ResponseReturnValue:
    """Choose where the people go whose domain moved, and read what that does."""
    return _show(_ticket_move(organization_id, request.args.get("target", "")))


@blueprint.post("/organizations/<int:organization_id>/move")
@authorization.admin_only
def move_tickets(organization_id: int) -> ResponseReturnValue:
    """Move the people and, by a job, their tickets."""
    return _start(_ticket_move(organization_id, request.form.get("target", "")))


def _people_merge(user_id: int, text: str) -> Reorganization:
    user, target = get_user_or_404(user_id), _find_person(text)
    actor = authentication.get_current_user()
    if user.is_team:
        abort(404)
    return Reorganization(
        "merge_people",
        user,
        target,
        lambda: people_merging.preview_merge(user, _needed(target, gettext("Nobody has this address."))),
        lambda: people_merging.merge_people(user, _needed(target, gettext("Nobody has this address.")), actor=actor),
    )


def _organization_merge(organization_id: int, slug: str) -> Reorganization:
    source, target = get_organization_or_404(organization_id), organizations.find_by_slug(slug)
    actor = authentication.get_current_user()
    return Reorganization(
        "merge_organizations",
        source,
        target,
        lambda: organization_preview.preview_merge(source, _needed(target)),
        lambda: organization_merging.merge_organizations(source, _needed(target), actor=actor),
        _list_choices(source),
    )


def _ticket_move(organization_id: int, slug: str) -> Reorganization:
    source, target = get_organization_or_404(organization_id), organizations.find_by_slug(slug)
    actor = authentication.get_current_user()
    counts = ticket_moves.suggest_targets(source)
    suggested = [gettext("%(number)s at %(name)s", number=count, name=each.name) for each, count in counts]
    return Reorganization(
        "move_tickets",
        source,
        target,
        lambda: ticket_moves.preview_move(source, _needed(target)).sentences,
        lambda: ticket_moves.start_moving(source, _needed(target), actor=actor),
        _list_choices(source),
        ", ".join(suggested),
    )


def _show(change: Reorganization) -> ResponseReturnValue:
    """The page, with the effects once a target is chosen."""
    if change.target is None and not request.args.get("target"):
        return _render(change, [])
    try:
        return _render(change, change.preview())
    except (ValidationError, ConflictError) as error:
        return _render(change, [], error), _status(error)


def _start(change: Reorganization) -> ResponseReturnValue:
    """Do it, if it still does what was read; then show its progress."""
    try:
        if "understood" not in request.form:
            raise ValidationError(gettext("Confirm that you have read what this does."), "understood")
        if request.form.get(stale_forms.FIELD_NAME) != _fingerprint(change.preview()):
            raise ConflictError(str(CHANGED), "understood")
        operation = change.start()
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return _render(change, _preview_or_nothing(change), error), _status(error)
    db.session.commit()
    flash(gettext("It is done.") if operation.is_finished else gettext("It has begun."), "success")
    return redirect(f"/settings/operations/{operation.id}", 303)


def _preview_or_nothing(change: Reorganization) -> list[str]:
    try:
        return change.preview()
    except DomainError:
        return []


def _render(change: Reorganization, effects: list[str], error: DomainError | None = None) -> str:
    section = "people" if isinstance(change.subject, User) else "organizations"
    page = f"/settings/{section}/{change.subject.id}"
    target = change.target
    return navigation.render_settings_page(
        "settings/reorganization.html",
        change=change,
        name=_name(change.subject),
        target_name=_name(target) if target is not None else "",
        target_key=(target.email if isinstance(target, User) else target.slug) if target is not None else "",
        page=page,
        path=f"{page}/{'move' if change.what == 'move_tickets' else 'merge'}",
        effects=effects,
        loaded=_fingerprint(effects),
        errors={(error.field or "target") if error.field != "email" else "target": error.message} if error else {},
    )


def _name(subject: User | Organization) -> str:
    return subject.display_name if isinstance(subject, User) else subject.name


def _fingerprint(effects: list[str]) -> str:
    return stale_forms.fingerprint({"effects": effects})


def _find_person(text: str) -> User | None:
    try:
        return users.find_user(users.canonical_email(text))
    except ValidationError:
        return None


def _needed(target: Any, refusal: str = "") -> Any:
    if target is None:
        raise ValidationError(refusal or gettext("Choose an organization."), "target")
    return target


def _list_choices(source: Organization) -> list[tuple[str, str]]:
    return [(each.slug, each.name) for each in list_choices(Organization.id != source.id)]


def _status(error: DomainError) -> int:
    return 422 if isinstance(error, ValidationError) else 409
