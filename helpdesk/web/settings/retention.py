"""How long closed tickets are kept; handing over and erasing what is held about a person or an organization."""

import tempfile

from flask import Blueprint, Response, abort, flash, redirect, request, send_file

from helpdesk.domain import erasure, exporting, organizations, people, settings
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.web import access, identity
from helpdesk.web.settings import choosing, navigation

blueprint = Blueprint("settings_retention", __name__, url_prefix="/settings/retention")
NAMES = ("retention_days",)
IN_MEMORY = 8 * 1024 * 1024  # bytes of an archive before it goes to disk


@blueprint.get("")
@access.admin_only
def show():
    """How long, and finding whom an erasure is about by address or name."""
    return page(settings.everything())


@blueprint.post("")
@access.admin_only
def save():
    """Keep the number; a new one that erases tickets is asked for twice."""
    values = choosing.typed(NAMES)
    days = values["retention_days"]
    if days.isdecimal() and len(days) < 6 and 0 < int(days) and "understood" not in request.form:
        goes = erasure.expiring(int(days))
        if goes:
            return page(
                values,
                {
                    "understood": f"{goes:,} closed tickets would be erased within the hour. Tick the box if that is right."
                },
                goes,
            ), 422
    errors = choosing.save(values, "Retention")
    if errors:
        return page(values, errors), 422
    flash("Retention is saved.", "success")
    return redirect("/settings/retention", 303)


@blueprint.get("/people/<int:user_id>")
@access.admin_only
def person(user_id: int):
    """What is held about a person, and what erasing them means."""
    user = people.get(user_id) or abort(404)
    return subject_page("person", user, user.display_name, erasure.preview_person(user))


@blueprint.post("/people/<int:user_id>/export")
@access.admin_only
def export_person(user_id: int):
    user = people.get(user_id) or abort(404)
    return archive(user.email.partition("@")[0], lambda into: exporting.person(user, actor=identity.me(), into=into))


@blueprint.post("/people/<int:user_id>/erase")
@access.admin_only
def erase_person(user_id: int):
    user = people.get(user_id) or abort(404)
    if request.form.get("name", "").strip() != user.email:
        error = {"name": f"Type {user.email} to say that you mean it."}
        return subject_page("person", user, user.display_name, erasure.preview_person(user), error), 422
    try:
        keys = erasure.erase_person(user, actor=identity.me(), words="words" in request.form)
    except Conflict as error:
        db.session.rollback()
        flash(error.sentence, "error")
        return redirect(f"/settings/retention/people/{user_id}", 303)
    db.session.commit()
    erasure.erase_files(keys)
    flash("The person is erased.", "success")
    return redirect("/settings/retention", 303)


@blueprint.get("/organizations/<int:organization_id>")
@access.admin_only
def organization(organization_id: int):
    found = organizations.get(organization_id) or abort(404)
    return subject_page("organization", found, found.name, erasure.preview_organization(found))


@blueprint.post("/organizations/<int:organization_id>/export")
@access.admin_only
def export_organization(organization_id: int):
    found = organizations.get(organization_id) or abort(404)
    return archive(found.slug, lambda into: exporting.organization(found, actor=identity.me(), into=into))


@blueprint.post("/organizations/<int:organization_id>/erase")
@access.admin_only
def erase_organization(organization_id: int):
    found = organizations.get(organization_id) or abort(404)
    if request.form.get("name", "").strip() != found.name:
        error = {"name": f"Type {found.name} to say that you mean it."}
        return subject_page("organization", found, found.name, erasure.preview_organization(found), error), 422
    erasure.begin_erasing_organization(found, actor=identity.me())
    db.session.commit()
    flash("The organization is closed and is being erased.", "success")
    return redirect("/settings/retention", 303)


def page(values: dict, errors: dict | None = None, goes: int = 0) -> str:
    words = request.args.get("q", "").strip()[:200]
    found_person = None
    if "@" in words:
        try:
            found_person = people.find(people.canonical(words))
        except Invalid:
            found_person = None
    return navigation.render(
        "settings/retention.html",
        values=values,
        errors=errors or {},
        goes=goes,
        words=words,
        person=found_person,
        organizations=organizations.find(words, size=20) if words and "@" not in words else [],
    )


def subject_page(kind: str, subject, name: str, preview: erasure.Preview, errors: dict | None = None) -> str:
    place = "people" if kind == "person" else "organizations"
    return navigation.render(
        "settings/erasure.html",
        kind=kind,
        name=name,
        word=subject.email if kind == "person" else subject.name,
        path=f"/settings/retention/{place}/{subject.id}",
        preview=preview,
        errors=errors or {},
    )


def archive(name: str, write) -> Response:
    """A ZIP made now and sent; the audit trail says so."""
    into = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the response closes it once it is sent)
    write(into)
    db.session.commit()
    into.seek(0)
    return send_file(into, mimetype="application/zip", as_attachment=True, download_name=exporting.name(name))
