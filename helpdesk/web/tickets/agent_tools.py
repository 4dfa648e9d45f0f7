"""What the team does on a ticket beside answering: canned replies, presence, links, merging, moving."""

from flask import Blueprint, Response, render_template, request

from helpdesk import presence
from helpdesk.domain.administration import canned_replies
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.request import parse_id
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets import agent_sidebar
from helpdesk.web.tickets.page_context import composer_context, page_context
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

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
