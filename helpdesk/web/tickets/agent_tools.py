"""What the team does on a ticket beside answering: canned replies, presence, links, merging, moving."""

from flask import Blueprint, Response, flash, render_template, request
from sqlalchemy import select

from helpdesk import presence
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organizations, permissions
from helpdesk.domain.tickets import canned_replies, merging, transfer
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Organization, User
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.request import parse_id
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets import agent_sidebar
from helpdesk.web.tickets.ticket_page import TICKET_URL_PREFIX, composer_context, get_ticket_or_404, page_context

blueprint = Blueprint("agent_tools", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.get("/team-bar")
@authorization.team_only
def show_team_bar_fragment(number: int):
    """Clocks and who else is here; asking for it is a sign of life."""
    ticket = get_ticket_or_404(number)
    if authentication.get_current_user().id not in presence.present_users(ticket.id):
        presence.mark_present(ticket.id, authentication.get_current_user().id, "open")
    return render_template(
        "tickets/_team_bar.html", **agent_sidebar.agent_sidebar_context(ticket, authentication.get_current_user())
    )


@blueprint.get("/team-tools")
@authorization.team_only
def show_team_tools_fragment(number: int):
    return render_template(
        "tickets/_team_tools.html",
        **agent_sidebar.agent_sidebar_context(get_ticket_or_404(number), authentication.get_current_user()),
    )


@blueprint.post("/presence")
def report_presence(number: int):
    """A sign of life: somebody reads and needs no mail just now; from the team's reply box, that they type."""
    me = authentication.get_current_user()
    ticket = get_ticket_or_404(number)
    if not me.is_viewing:
        presence.mark_present(ticket.id, me.id, "typing" if me.is_team and htmx_responses.htmx else "reading")
    return Response(status=204)


@blueprint.post("/canned")
@authorization.team_only
def insert_canned_reply(number: int):
    """The composer with a canned reply below what was already typed; nothing is sent."""
    ticket = get_ticket_or_404(number)
    text = request.form.get("canned", "")
    reply = canned_replies.find_reply(authentication.get_current_user(), parse_id(text) or 0)
    typed = request.form.get("body", "").replace("\r\n", "\n").rstrip()
    values = {"kind": "reply", "body": typed, "status": request.form.get("status", "")}
    if reply is not None:
        filled = canned_replies.fill_variables(reply, ticket, authentication.get_current_user())
        values |= {"body": f"{typed}\n\n{filled}" if typed else filled, "status": reply.status or values["status"]}
    needs = composer_context(ticket, values=values) | {"form_token": request.form.get("form_token", "")}
    if htmx_responses.htmx:
        return render_template("tickets/_composer.html", **needs)
    return render_template("tickets/show.html", **(page_context(ticket) | needs))


@blueprint.post("/links")
@authorization.team_only
def link_ticket(number: int):
    """Link another ticket by its number."""
    ticket = get_ticket_or_404(number)
    try:
        merging.link_tickets(
            ticket, find_other_ticket(request.form.get("number", "")), actor=authentication.get_current_user()
        )
    except (ValidationError, ConflictError) as error:
        return render_refusal(number, error.sentence)
    db.session.commit()
    return render_tools(number)


@blueprint.post("/links/<int:other_number>/delete")
@authorization.team_only
def unlink_ticket(number: int, other_number: int):
    ticket = get_ticket_or_404(number)
    merging.unlink_tickets(ticket, get_ticket_or_404(other_number), actor=authentication.get_current_user())
    db.session.commit()
    return render_tools(number)


@blueprint.get("/merge")
@authorization.team_only
def show_merge_form(number: int):
    """What merging means, before the button that does it."""
    return render_merge_page(get_ticket_or_404(number), request.args.get("into", ""))


@blueprint.post("/merge")
@authorization.team_only
def merge_ticket(number: int):
    ticket = get_ticket_or_404(number)
    wanted = request.form.get("into", "")
    try:
        target = merging.merge_tickets(ticket, find_other_ticket(wanted), actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_merge_page(get_ticket_or_404(number), wanted, error.sentence), 422
    db.session.commit()
    flash(f"#{number} is merged into this ticket.", "success")
    return htmx_responses.redirect_to(f"/tickets/{target.number}")


@blueprint.get("/move")
@authorization.team_only
def show_transfer_form(number: int):
    """Choose the organization and the person; then read what moving exposes."""
    return render_transfer_page(get_ticket_or_404(number), request.args.get("organization", ""))


@blueprint.post("/move")
@authorization.team_only
def transfer_ticket(number: int):
    ticket = get_ticket_or_404(number)
    slug, text = request.form.get("organization", ""), request.form.get("requester", "")
    organization = organizations.find_by_slug(slug)
    requester = db.session.get(User, int(text)) if text.isdecimal() and len(text) < 19 else None
    try:
        if organization is None or requester is None:
            raise ValidationError("Choose an organization and whom the ticket is for.", "requester")
        if "understood" not in request.form:
            raise ValidationError("Confirm that you have read what this exposes.", "understood")
        transfer.transfer_ticket(ticket, organization, requester=requester, actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_transfer_page(get_ticket_or_404(number), slug, {error.field or "requester": error.sentence}), 422
    db.session.commit()
    flash(f"This ticket is {organization.name}'s now.", "success")
    return htmx_responses.redirect_to(f"/tickets/{number}")


def render_tools(number: int):
    """The tools again, with the links as they are now."""
    return htmx_responses.swap_fragments(
        (
            "tickets/_team_tools.html",
            agent_sidebar.agent_sidebar_context(get_ticket_or_404(number), authentication.get_current_user()),
        ),
        address=f"/tickets/{number}",
    )


def render_refusal(number: int, sentence: str):
    """Say why, without losing the page."""
    db.session.rollback()
    ticket = get_ticket_or_404(number)
    needs = agent_sidebar.agent_sidebar_context(ticket, authentication.get_current_user()) | {
        "link_error": sentence,
        "link_number": request.form.get("number", ""),
    }
    if htmx_responses.htmx:
        return render_template("tickets/_team_tools.html", **needs), 422
    return render_template("tickets/show.html", **(page_context(ticket) | composer_context(ticket) | needs)), 422


def render_merge_page(ticket: Ticket, into: str, error: str = "") -> str:
    """The page, with the other ticket shown where it is named."""
    target = None
    if into and not error:
        try:
            target = find_other_ticket(into)
        except ValidationError as invalid:
            error = invalid.sentence
    return render_template(
        "tickets/merge.html", ticket=ticket, target=target, into=into, errors={"into": error} if error else {}
    )


def render_transfer_page(ticket: Ticket, slug: str, errors: dict | None = None) -> str:
    organization = organizations.find_by_slug(slug)
    people = []
    if organization is not None:
        there = select(User).where(User.organization_id == organization.id, User.deactivated_at.is_(None))
        people = [
            (user.id, f"{user.display_name} · {user.email}")
            for user in db.session.scalars(there.order_by(User.name).limit(200))
        ]
    offered = db.session.execute(
        select(Organization.slug, Organization.name)
        .where(Organization.id != ticket.organization_id)
        .order_by(Organization.name)
        .limit(1000)
    )
    return render_template(
        "tickets/transfer.html",
        ticket=ticket,
        organization=organization,
        organizations=[(slug, name) for slug, name in offered],
        people_there=people,
        exposure=transfer.preview_transfer(ticket, organization) if organization else None,
        errors=errors or {},
    )


def find_other_ticket(text: str) -> Ticket:
    """The ticket called ``text`` (#42 or 42), as the person may see it. Raises Invalid."""
    digits = text.strip().removeprefix("#")
    ticket = permissions.find_ticket(authentication.get_current_user(), parse_id(digits) or 0)
    if ticket is None:
        raise ValidationError("There is no ticket with this number.", "number")
    return ticket
