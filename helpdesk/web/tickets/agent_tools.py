"""The agents' tools on a ticket: presence, canned replies, and the sidebar with timers and links."""

from dataclasses import asdict

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk import live_events, presence
from helpdesk.database.row_ids import parse_id
from helpdesk.domain.knowledge_base import articles, search
from helpdesk.domain.people.reader_language import get_reader_language
from helpdesk.domain.tickets import canned_replies, macros
from helpdesk.extensions import db, htmx
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import current_code
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets import agent_sidebar
from helpdesk.web.tickets.page_context import composer_context, page_context
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("agent_tools", __name__, url_prefix=TICKET_URL_PREFIX)
MAX_ARTICLES = 8  # offered in the composer


@blueprint.get("/team-bar")
@authorization.team_only
def show_team_bar_fragment(number: int) -> ResponseReturnValue:
    """SLA timers and the review."""
    ticket = get_ticket_or_404(number)
    return render_template(
        "tickets/_team_bar.html", **agent_sidebar.agent_sidebar_context(ticket, authentication.get_current_user())
    )


@blueprint.get("/present")
@authorization.team_only
def show_present_fragment(number: int) -> ResponseReturnValue:
    """Who else is here, and who is writing; the request also reports presence."""
    ticket, user = get_ticket_or_404(number), authentication.get_current_user()
    if user.id not in presence.present_users(ticket.id):
        report_to_colleagues(ticket, user, "open")
    present = agent_sidebar.list_present_users(ticket, user)
    return render_template("tickets/_present.html", number=ticket.number, present=present)


@blueprint.get("/team-tools")
@authorization.team_only
def show_team_tools_fragment(number: int) -> ResponseReturnValue:
    """Linked tickets and the forms to link, merge and transfer."""
    return render_template(
        "tickets/_team_tools.html",
        **agent_sidebar.agent_sidebar_context(get_ticket_or_404(number), authentication.get_current_user()),
    )


@blueprint.get("/articles")
@authorization.team_only
def list_insertable_articles(number: int) -> ResponseReturnValue:
    """Show the articles that the words of ``article-words`` find, to insert one into a reply."""
    words = request.args.get("article-words", "").strip()[:200]
    user, ticket = authentication.get_current_user(), get_ticket_or_404(number)
    found = search.search_articles(user, words, current_code(), size=MAX_ARTICLES) if words else []
    return render_template("tickets/_insertable_articles.html", articles=found, words=words, ticket=ticket)


@blueprint.post("/presence")
def report_presence(number: int) -> ResponseReturnValue:
    """Record presence: the person reads and needs no mail now; from the team's composer, that they type."""
    user = authentication.get_current_user()
    ticket = get_ticket_or_404(number)
    if not user.is_impersonating:
        report_to_colleagues(ticket, user, "typing" if user.is_team and htmx else "reading")
    return Response(status=204)


@blueprint.post("/canned")
@authorization.team_only
def insert_canned_reply(number: int) -> ResponseReturnValue:
    """The composer with a canned reply, or a link to an article, below the typed text; nothing is sent."""
    ticket = get_ticket_or_404(number)
    text = request.form.get("canned", "")
    reply = canned_replies.find_reply(authentication.get_current_user(), parse_id(text) or 0)
    typed_text = request.form.get("body", "").replace("\r\n", "\n").rstrip()
    values = {"kind": "reply", "body": typed_text} | typed_changes()
    if "article" in request.form:
        values["body"] = "\n\n".join(part for part in (typed_text, write_article_link(ticket)) if part)
    elif reply is not None:
        values |= filled_values(ticket, reply, typed_text)
    context = composer_context(ticket, values=values) | {"form_token": request.form.get("form_token", "")}
    if htmx:
        return render_template("tickets/_composer.html", **context)
    return render_template("tickets/show.html", **(page_context(ticket) | context))


def write_article_link(ticket: Ticket) -> str:
    """Return a link to the chosen article, in the requester's language where there is that translation."""
    article = articles.find_article(ticket.requester, parse_id(request.form.get("article")) or 0)
    if article is None:
        return ""
    language = get_reader_language(ticket.requester)
    return articles.write_link(articles.in_language(ticket.requester, article, language))


def typed_changes() -> dict[str, str]:
    """What the form of the composer sets besides the reply."""
    return {name: request.form.get(name, "") for name in ("status", "assignee", "priority", "tags")}


def filled_values(ticket: Ticket, reply: CannedReply, typed_text: str = "") -> dict[str, str]:
    """Return the values of the composer with a canned reply below what was typed, and what it sets."""
    reply_text = canned_replies.fill_variables(reply, ticket, authentication.get_current_user())
    changes = {name: value for name, value in asdict(macros.changes_of(reply)).items() if value}
    body = "\n\n".join(part for part in (typed_text, reply_text) if part)
    return {"kind": "reply", "body": body, "macro": str(reply.id)} | changes


def report_to_colleagues(ticket: Ticket, user: User, doing: str) -> None:
    """Record what ``user`` does here; the pages of the team learn at once that a colleague came or began to write."""
    is_news = presence.mark_present(ticket.id, user.id, doing)
    if is_news and user.is_team:
        live_events.publish([live_events.presence_topic(ticket.id)])


def render_tools(number: int) -> ResponseReturnValue:
    """Render the tools with the current links."""
    return htmx_responses.swap_fragments(
        (
            "tickets/_team_tools.html",
            agent_sidebar.agent_sidebar_context(get_ticket_or_404(number), authentication.get_current_user()),
        ),
        address=f"/tickets/{number}",
    )


def render_refusal(number: int, sentence: str) -> ResponseReturnValue:
    """Render the tools, or without HTMX the page, with the reason why a ticket was not linked."""
    db.session.rollback()
    ticket = get_ticket_or_404(number)
    context = agent_sidebar.agent_sidebar_context(ticket, authentication.get_current_user()) | {
        "link_error": sentence,
        "link_number": request.form.get("number", ""),
    }
    if htmx:
        return render_template("tickets/_team_tools.html", **context), 422
    return render_template("tickets/show.html", **(page_context(ticket) | composer_context(ticket) | context)), 422
