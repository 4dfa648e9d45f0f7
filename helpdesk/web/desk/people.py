"""Customers as the team sees them: search, one person, one organization, and adding somebody."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import admission, customers, organizations, team_notes, users
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("desk_people", __name__, url_prefix="/desk/people")
PAGE_SIZE = 50
MAX_TICKETS = 10  # of a person or an organization
MAX_MATCHES = 8  # people offered while a name is typed
NO_ERRORS: Mapping[str, str] = MappingProxyType({})


@blueprint.get("")
@authorization.team_only
def list_people() -> ResponseReturnValue:
    """Customers whose name, address or organization contains some words."""
    text, after = request.args.get("q", "").strip()[:100], request.args.get("after", "")
    rows = users.search_customers(text, after=parse_id(after) or 0, size=PAGE_SIZE + 1)
    found = organizations.search_organizations(text, size=MAX_MATCHES) if text and not after else []
    return render_template(
        "desk/people.html",
        people_found=rows[:PAGE_SIZE],
        organizations_found=found,
        words=text,
        more=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
    )


@blueprint.get("/matches")
@authorization.team_only
def list_matches() -> ResponseReturnValue:
    """Show the people that the words of ``for`` may mean, to choose whom a ticket is for."""
    text = request.args.get("for", "").strip()[:100]
    return render_template("desk/_person_matches.html", matches=find_matches(text), words=text)


@blueprint.get("/new")
@authorization.team_only
def show_add_form() -> ResponseReturnValue:
    """Show the form that adds a person."""
    return render_add_form({name: request.args.get(name, "") for name in ("email", "name", "organization", "then")})


@blueprint.post("")
@authorization.team_only
def add_person() -> ResponseReturnValue:
    """Add a person; then file a ticket for them, if the form says so."""
    values = {name: request.form.get(name, "") for name in ("email", "name", "organization", "then")}
    try:
        user = customers.add_customer(
            values["email"],
            name=values["name"],
            organization=organizations.find_by_slug(values["organization"]),
            actor=authentication.get_current_user(),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_add_form(values, {error.field or "email": error.message}), 422
    db.session.commit()
    if values["then"] == "ticket":
        return htmx_responses.redirect_to("/tickets/new?" + urlencode({"for": user.email}))
    flash(gettext("%(user)s is added.", user=user.display_name), "success")
    return htmx_responses.redirect_to(f"/desk/people/{user.id}")


@blueprint.get("/<int:user_id>")
@authorization.team_only
def show_person(user_id: int) -> ResponseReturnValue:
    """Show one customer: how to reach them, whether they may sign in, what the team notes, and their tickets."""
    return render_person(get_customer_or_404(user_id))


@blueprint.post("/<int:user_id>/notes")
@authorization.team_only
def save_notes_about_person(user_id: int) -> ResponseReturnValue:
    """Replace what the team notes about a person."""
    user = get_customer_or_404(user_id)
    return save_notes(user, f"/desk/people/{user.id}", render_person)


@blueprint.get("/organizations/<slug>")
@authorization.team_only
def show_organization(slug: str) -> ResponseReturnValue:
    """Show one organization: its people, its tickets, and what the team should know."""
    return render_organization(organizations.find_by_slug(slug) or abort(404))


@blueprint.post("/organizations/<slug>/notes")
@authorization.team_only
def save_notes_about_organization(slug: str) -> ResponseReturnValue:
    """Replace what the team notes about an organization."""
    organization = organizations.find_by_slug(slug) or abort(404)
    return save_notes(organization, f"/desk/people/organizations/{slug}", render_organization)


def save_notes(about: User | Organization, path: str, render: Callable[..., str]) -> ResponseReturnValue:
    """Save the notes in the form; a text that is refused stays in the form."""
    typed = request.form.get("notes", "")
    actor = authentication.get_current_user()
    try:
        team_notes.write_notes(about, typed, seen=request.form.get("seen", ""), actor=actor)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render(about, typed, {"notes": error.message}), 409 if isinstance(error, ConflictError) else 422
    db.session.commit()
    return htmx_responses.redirect_to(path)


def get_customer_or_404(user_id: int) -> User:
    """Return the customer with this id."""
    user = users.get_user(user_id)
    if user is None or user.is_team or user.erased_at:
        abort(404)
    return user


def render_person(user: User, typed: str | None = None, errors: Mapping[str, str] = NO_ERRORS) -> str:
    """Render the page of one customer; ``typed``: notes that were not saved."""
    return render_template(
        "desk/person.html",
        user=user,
        access=admission.explain_admission(user.email),
        tickets=list_tickets({"requester": str(user.id)}),
        former_notes=team_notes.list_former(user),
        **_notes_context(user, f"/desk/people/{user.id}", typed, errors),
    )


def render_organization(
    organization: Organization, typed: str | None = None, errors: Mapping[str, str] = NO_ERRORS
) -> str:
    """Render the page of one organization; ``typed``: notes that were not saved."""
    return render_template(
        "desk/organization.html",
        organization=organization,
        members=users.list_members(organization)[:PAGE_SIZE],
        tickets=list_tickets({"organization": organization.slug}),
        former_notes=[],
        **_notes_context(organization, f"/desk/people/organizations/{organization.slug}", typed, errors),
    )


def _notes_context(
    about: User | Organization, path: str, typed: str | None, errors: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "notes": about.notes,
        "notes_version": team_notes.get_version(about.notes),
        "notes_path": f"{path}/notes",
        "notes_draft": f"notes-{'person' if isinstance(about, User) else 'organization'}-{about.id}",
        "typed": typed,
        "errors": errors,
    }


def list_tickets(filters: dict[str, str]) -> list[Any]:
    """Return the latest tickets under ``filters``, as the queue shows them."""
    user = authentication.get_current_user()
    return agent_queue.fetch_queue_page(user, filters | {"view": "all"}, size=MAX_TICKETS).tickets


def find_matches(text: str) -> list[User]:
    """Active customers whose name or address contains ``text``."""
    found = users.search_customers(text, size=MAX_MATCHES * 2) if text else []
    return [user for user in found if user.is_active and user.organization_id][:MAX_MATCHES]


def render_add_form(values: dict[str, str], errors: dict[str, str] | None = None) -> str:
    """Render the form, with the organization that admits the address already chosen."""
    if values["email"] and not values["organization"]:
        try:
            suggested: Organization | None = customers.suggest_organization(users.canonical_email(values["email"]))
        except ValidationError:
            suggested = None
        values |= {"organization": suggested.slug if suggested else ""}
    choices = agent_queue.load_filter_choices(authentication.get_current_user()).organizations
    return render_template("desk/add_person.html", values=values, errors=errors or {}, organizations=choices)
