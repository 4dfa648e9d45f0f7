"""What the team does on a ticket beside answering: canned replies, presence, links, merging, moving."""

from flask import Blueprint, Response, flash, render_template, request
from sqlalchemy import select

from helpdesk import presence
from helpdesk.domain import canned_replies, merging, moving, permissions
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.people import Organization, User
from helpdesk.models.tickets import Ticket
from helpdesk.web import access, fragments, identity, team_facts
from helpdesk.web.tickets import PREFIX, composer, found, whole

blueprint = Blueprint("team", __name__, url_prefix=PREFIX)


@blueprint.get("/team-bar")
@access.team_only
def bar_fragment(number: int):
    """Clocks and who else is here; asking for it is a sign of life."""
    ticket = found(number)
    if identity.me().id not in presence.who(ticket.id):
        presence.here(ticket.id, identity.me().id, "open")
    return render_template("tickets/_team_bar.html", **team_facts.of(ticket, identity.me()))


@blueprint.get("/team-tools")
@access.team_only
def tools_fragment(number: int):
    return render_template("tickets/_team_tools.html", **team_facts.of(found(number), identity.me()))


@blueprint.post("/presence")
def present(number: int):
    """A sign of life: somebody reads and needs no mail just now; from the team's reply box, that they type."""
    me = identity.me()
    ticket = found(number)
    if not me.is_viewing:
        presence.here(ticket.id, me.id, "typing" if me.is_team and fragments.htmx else "reading")
    return Response(status=204)


@blueprint.post("/canned")
@access.team_only
def canned(number: int):
    """The composer with a canned reply below what was already typed; nothing is sent."""
    ticket = found(number)
    text = request.form.get("canned", "")
    reply = canned_replies.find(identity.me(), int(text)) if text.isdecimal() and len(text) < 19 else None
    typed = request.form.get("body", "").replace("\r\n", "\n").rstrip()
    values = {"kind": "reply", "body": typed, "status": request.form.get("status", "")}
    if reply is not None:
        filled = canned_replies.fill(reply, ticket, identity.me())
        values |= {"body": f"{typed}\n\n{filled}" if typed else filled, "status": reply.status or values["status"]}
    needs = composer(ticket, values=values) | {"form_token": request.form.get("form_token", "")}
    if fragments.htmx:
        return render_template("tickets/_composer.html", **needs)
    return render_template("tickets/show.html", **(whole(ticket) | needs))


@blueprint.post("/links")
@access.team_only
def link(number: int):
    """Link another ticket by its number."""
    ticket = found(number)
    try:
        merging.link(ticket, other(request.form.get("number", "")), actor=identity.me())
    except (Invalid, Conflict) as error:
        return refused(number, error.sentence)
    db.session.commit()
    return tools(number)


@blueprint.post("/links/<int:other_number>/delete")
@access.team_only
def unlink(number: int, other_number: int):
    ticket = found(number)
    merging.unlink(ticket, found(other_number), actor=identity.me())
    db.session.commit()
    return tools(number)


@blueprint.get("/merge")
@access.team_only
def ask_merge(number: int):
    """What merging means, before the button that does it."""
    return merge_page(found(number), request.args.get("into", ""))


@blueprint.post("/merge")
@access.team_only
def merge(number: int):
    ticket = found(number)
    wanted = request.form.get("into", "")
    try:
        target = merging.merge(ticket, other(wanted), actor=identity.me())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return merge_page(found(number), wanted, error.sentence), 422
    db.session.commit()
    flash(f"#{number} is merged into this ticket.", "success")
    return fragments.go(f"/tickets/{target.number}")


@blueprint.get("/move")
@access.team_only
def ask_move(number: int):
    """Choose the organization and the person; then read what moving exposes."""
    return move_page(found(number), request.args.get("organization", ""))


@blueprint.post("/move")
@access.team_only
def move(number: int):
    ticket = found(number)
    slug, text = request.form.get("organization", ""), request.form.get("requester", "")
    organization = by_slug(slug)
    requester = db.session.get(User, int(text)) if text.isdecimal() and len(text) < 19 else None
    try:
        if organization is None or requester is None:
            raise Invalid("Choose an organization and whom the ticket is for.", "requester")
        if "understood" not in request.form:
            raise Invalid("Confirm that you have read what this exposes.", "understood")
        moving.move(ticket, organization, requester=requester, actor=identity.me())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return move_page(found(number), slug, {error.field or "requester": error.sentence}), 422
    db.session.commit()
    flash(f"This ticket is {organization.name}'s now.", "success")
    return fragments.go(f"/tickets/{number}")


def tools(number: int):
    """The tools again, with the links as they are now."""
    return fragments.swap(
        ("tickets/_team_tools.html", team_facts.of(found(number), identity.me())), address=f"/tickets/{number}"
    )


def refused(number: int, sentence: str):
    """Say why, without losing the page."""
    db.session.rollback()
    ticket = found(number)
    needs = team_facts.of(ticket, identity.me()) | {
        "link_error": sentence,
        "link_number": request.form.get("number", ""),
    }
    if fragments.htmx:
        return render_template("tickets/_team_tools.html", **needs), 422
    return render_template("tickets/show.html", **(whole(ticket) | composer(ticket) | needs)), 422


def merge_page(ticket: Ticket, into: str, error: str = "") -> str:
    """The page, with the other ticket shown where it is named."""
    target = None
    if into and not error:
        try:
            target = other(into)
        except Invalid as invalid:
            error = invalid.sentence
    return render_template(
        "tickets/merge.html", ticket=ticket, target=target, into=into, errors={"into": error} if error else {}
    )


def move_page(ticket: Ticket, slug: str, errors: dict | None = None) -> str:
    organization = by_slug(slug)
    people = []
    if organization is not None:
        there = select(User).where(User.organization_id == organization.id, User.deactivated_at.is_(None))
        people = [
            (user.id, f"{user.display_name} · {user.email}")
            for user in db.session.scalars(there.order_by(User.name).limit(200))
        ]
    organizations = db.session.execute(
        select(Organization.slug, Organization.name)
        .where(Organization.id != ticket.organization_id)
        .order_by(Organization.name)
        .limit(1000)
    )
    return render_template(
        "tickets/move.html",
        ticket=ticket,
        organization=organization,
        organizations=[(slug, name) for slug, name in organizations],
        people_there=people,
        exposure=moving.exposure(ticket, organization) if organization else None,
        errors=errors or {},
    )


def by_slug(slug: str) -> Organization | None:
    return db.session.scalar(select(Organization).where(Organization.slug == slug)) if slug else None


def other(text: str) -> Ticket:
    """The ticket called ``text`` (#42 or 42), as the person may see it. Raises Invalid."""
    digits = text.strip().removeprefix("#")
    ticket = permissions.find_ticket(identity.me(), int(digits)) if digits.isdecimal() and len(digits) < 19 else None
    if ticket is None:
        raise Invalid("There is no ticket with this number.", "number")
    return ticket
