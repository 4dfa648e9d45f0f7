"""Answer /ticket: lists, a search, one ticket. Answers are made before the transaction, because nothing is changed."""

from helpdesk import urls
from helpdesk.channels.slack import ticket_rows
from helpdesk.channels.slack.api.requests import SlackRequest
from helpdesk.channels.slack.handlers import ephemeral_replies
from helpdesk.channels.slack.parse.event_types import CommandEvent
from helpdesk.channels.slack.render import blocks, web_api_calls
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

PAGE_SIZE = 15
LIST_TITLES = {
    "mine": lazy_gettext("Your tickets"),
    "open": lazy_gettext("Open tickets"),
    "unassigned": lazy_gettext("Tickets nobody has taken"),
}
EMPTY_LIST_MESSAGES = {
    "mine": lazy_gettext("Nothing waits for you."),
    "open": lazy_gettext("No ticket is open."),
    "unassigned": lazy_gettext("Every ticket has somebody."),
}


def answer_command(event: CommandEvent, agent: User | None) -> SlackRequest:
    """Return the answer to /ticket for the one who typed it."""
    if agent is None:
        return ephemeral_replies.reply_sentence(event, ephemeral_replies.AGENTS_ONLY_MESSAGE)
    verb, rest = event.verb, str(event.rest or "")
    if verb == "show":
        ticket = permissions.find_ticket(agent, int(rest))
        if ticket is None:
            return ephemeral_replies.reply_sentence(event, gettext("There is no ticket #%(number)s.", number=rest))
        return _ticket_card(event, ticket)
    if verb == "search" and rest:
        found = agent_queue.fetch_tickets_page(agent, {"view": "all", "q": rest}, size=PAGE_SIZE).tickets
        return _ticket_list(
            event,
            gettext("Tickets with “%(words)s”", words=rest[:100]),
            found,
            0,
            gettext("No ticket has these words."),
        )
    if verb in LIST_TITLES:
        found = agent_queue.fetch_tickets_page(agent, {"view": verb}, size=PAGE_SIZE).tickets
        total = (
            next((view.count or 0 for view in agent_queue.list_views(agent) if view.key == verb), 0)
            if len(found) == PAGE_SIZE
            else 0
        )
        return _ticket_list(event, LIST_TITLES[verb], found, max(0, total - len(found)), EMPTY_LIST_MESSAGES[verb])
    return ephemeral_replies.reply_ephemerally(event, blocks.help_text())


def _ticket_card(event: CommandEvent, ticket: Ticket) -> SlackRequest:
    """Show the card of one ticket with its buttons, and a link to its thread."""
    text, made, attachments = blocks.card_message(web_api_calls.ticket_card_values(ticket))
    if url := ticket_rows.find_thread_urls([ticket.id]).get(ticket.id):
        made = [*made, blocks.link_block(gettext("Answered in"), gettext("its thread"), url)]
    return ephemeral_replies.reply_ephemerally(event, {"text": text, "blocks": made, "attachments": attachments})


def _ticket_list(event: CommandEvent, title: str, found: list[Ticket], more: int, nothing: str) -> SlackRequest:
    text, made = blocks.ticket_list(title, ticket_rows.build_rows(found), more, urls.absolute_url("/desk"), nothing)
    return ephemeral_replies.reply_ephemerally(event, {"text": text, "blocks": made})
