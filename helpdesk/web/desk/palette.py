"""The command palette: go to a ticket, a person, an organization, a view or a page by some characters of its name.

On a ticket it also puts a macro into the reply, and assigns, tags or solves it.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.people import organizations, permissions, users
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.domain.tickets import canned_replies
from helpdesk.models.user import User
from helpdesk.translation import gettext, pgettext
from helpdesk.web.desk.palette_actions import PaletteAction, list_actions
from helpdesk.web.middleware import authentication, authorization, replica_reads
from helpdesk.web.request import get_path_of_page
from helpdesk.web.settings import navigation

blueprint = Blueprint("palette", __name__, url_prefix="/desk")
MAX_OF_A_KIND = 5
TICKET_PATH = re.compile(r"/tickets/(\d{1,18})")


@dataclass(frozen=True)
class PaletteEntry:
    """One place to go to: what kind it is, its name, more about it, and its address."""

    kind: str
    name: str
    more: str
    address: str


@blueprint.get("/palette")
@authorization.team_only
@replica_reads.from_replica
def show_palette() -> ResponseReturnValue:
    """Show the places that match ``q``; without words, the views and pages. With ``kind=tickets`` only tickets."""
    words, user = request.args.get("q", "").strip()[:100], authentication.get_current_user()
    is_of_tickets = request.args.get("kind") == "tickets"
    entries = find_tickets(user, words) if is_of_tickets else list_entries(user, words, find_open_ticket())
    return render_template("desk/_palette_results.html", entries=entries, words=words)


def find_open_ticket() -> int | None:
    """Return the number of the ticket whose page asks, if it is a ticket's page."""
    match = TICKET_PATH.fullmatch(get_path_of_page(request.headers.get("HX-Current-URL")).partition("?")[0])
    return int(match[1]) if match else None


def list_entries(user: User, words: str, number: int | None = None) -> list[PaletteEntry | PaletteAction]:
    """Return the entries for ``words``: names before words in tickets, and a number before all.

    ``number`` is the ticket that is open; what can be done to it and its macros are offered first.
    """
    choices = agent_queue.load_filter_choices(user)
    pages = [entry for entry in list_pages(user, choices) if words.lower() in entry.name.lower()]
    own: list[PaletteEntry | PaletteAction] = []
    if number is not None:
        found = [entry for entry in list_macros(user, number) if words.lower() in entry.name.lower()]
        own = [*list_actions(user, number, words, choices), *found[:MAX_OF_A_KIND]]
    if not words:
        return [*own, *pages]
    tickets = find_tickets(user, words)
    others = [*own, *pages[:MAX_OF_A_KIND], *find_organizations(words), *find_people(words)]
    return [*tickets, *others] if parse_id(words.removeprefix("#")) else [*others, *tickets]


def list_pages(user: User, choices: agent_queue.FilterChoices) -> list[PaletteEntry]:
    """Return the views of the queue, the saved views, and the pages that ``user`` may open."""
    entries = [
        PaletteEntry(gettext("View"), label, "", f"/desk?view={key}") for key, label in agent_queue.VIEW_LABELS.items()
    ]
    for view in choices.saved:
        parameters = urlencode({**view.filters, "saved": view.key})
        entries.append(PaletteEntry(gettext("View"), view.label, gettext("Saved"), f"/desk?{parameters}"))
    entries += [
        PaletteEntry(gettext("Page"), gettext("Customers"), "", "/desk/people"),
        PaletteEntry(gettext("Page"), gettext("Unmatched email"), "", "/desk/quarantine"),
        PaletteEntry(gettext("Page"), gettext("Your account"), "", "/account"),
        PaletteEntry(gettext("Do"), gettext("File a ticket for a customer"), "", "/tickets/new"),
        PaletteEntry(gettext("Do"), gettext("Add a person"), "", "/desk/people/new"),
    ]
    if user.is_lead:
        entries.append(PaletteEntry(gettext("Page"), pgettext("page", "Review"), "", "/review"))
    if user.is_admin:
        entries.append(PaletteEntry(gettext("Page"), gettext("Settings"), "", "/settings"))
    settings_pages = navigation.list_entries(user)
    return entries + [PaletteEntry(gettext("Settings"), each.label, "", each.address) for each in settings_pages]


def list_macros(user: User, number: int) -> list[PaletteEntry]:
    """Return the macros that ``user`` may put into the reply of the ticket ``number``."""
    return [
        PaletteEntry(gettext("Macro"), title, "", f"/tickets/{number}?macro={macro_id}")
        for macro_id, title in canned_replies.list_titles(user)
    ]


def find_tickets(user: User, words: str) -> list[PaletteEntry]:
    """Return the ticket of this number, then those with the words."""
    number = parse_id(words.removeprefix("#"))
    exact = permissions.find_ticket(user, number) if number else None
    found = (
        [exact]
        if exact
        else agent_queue.fetch_queue_page(user, {"view": "all", "q": words}, size=MAX_OF_A_KIND).tickets
    )
    return [
        PaletteEntry(gettext("Ticket"), ticket.subject, f"#{ticket.number}", f"/tickets/{ticket.number}")
        for ticket in found
    ]


def find_people(words: str) -> list[PaletteEntry]:
    """Customers whose name or address contains the words."""
    found = users.search_customers(words, size=MAX_OF_A_KIND)
    return [PaletteEntry(gettext("Person"), user.display_name, user.email, f"/desk/people/{user.id}") for user in found]


def find_organizations(words: str) -> list[PaletteEntry]:
    """Organizations whose name or domain contains the words."""
    found = organizations.search_organizations(words, size=MAX_OF_A_KIND)
    return [
        PaletteEntry(gettext("Organization"), each.name, "", f"/desk/people/organizations/{each.slug}")
        for each in found
    ]
