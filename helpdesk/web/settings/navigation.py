"""The navigation of the settings pages, and how such a page is rendered."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from flask_login import current_user

from helpdesk.models.user import Role, User
from helpdesk.translation import lazy_gettext


@dataclass(frozen=True)
class NavigationEntry:
    """One settings page: its name, URL, description, icon, and the least role that may open it."""

    label: str
    address: str
    what: str
    symbol: str = "settings"
    role: Role = Role.admin


GROUPS: list[tuple[Any, list[NavigationEntry]]] = [
    (
        lazy_gettext("Portal"),
        [
            NavigationEntry(
                lazy_gettext("Set-up checklist"),
                "/settings/setup",
                lazy_gettext("What a new helpdesk needs, step by step, each one tried."),
                "check",
            ),
            NavigationEntry(
                lazy_gettext("Portal setup"),
                "/settings/portal",
                lazy_gettext("Name, logo, colour, ways of signing in, and the link to share."),
                "settings",
            ),
            NavigationEntry(
                lazy_gettext("Translations"),
                "/settings/translations",
                lazy_gettext("Forms, macros and your own texts in further languages, and what is missing."),
                "list",
            ),
        ],
    ),
    (
        lazy_gettext("People and access"),
        [
            NavigationEntry(
                lazy_gettext("Organizations"),
                "/settings/organizations",
                lazy_gettext("Customer companies, and who of them may sign in."),
                "people",
            ),
            NavigationEntry(
                lazy_gettext("People"),
                "/settings/people",
                lazy_gettext("Customers: what they see, where they are signed in."),
                "person",
            ),
            NavigationEntry(
                lazy_gettext("Team"),
                "/settings/team",
                lazy_gettext("Agents, leads and admins; invitations; who is who in Slack."),
                "inbox",
            ),
            NavigationEntry(
                lazy_gettext("Sign-in connections"),
                "/settings/connections",
                lazy_gettext("Identity providers of customers and of the team."),
                "lock",
            ),
            NavigationEntry(
                lazy_gettext("Access explainer"),
                "/settings/access",
                lazy_gettext("Whether an address may sign in, and by which rule."),
                "eye",
            ),
            NavigationEntry(
                lazy_gettext("Merging and moving"),
                "/settings/operations",
                lazy_gettext("What was merged, moved and erased; undo."),
                "retry",
            ),
        ],
    ),
    (
        lazy_gettext("Tickets"),
        [
            NavigationEntry(
                lazy_gettext("Forms"),
                "/settings/forms",
                lazy_gettext("What customers are asked when they file a ticket."),
                "file",
            ),
            NavigationEntry(
                lazy_gettext("Service levels"),
                "/settings/service-levels",
                lazy_gettext("How soon to answer and to solve; working hours and holidays."),
                "clock",
            ),
            NavigationEntry(
                lazy_gettext("Macros"),
                "/settings/replies",
                lazy_gettext("Texts for answers that come up often."),
                "reply",
                Role.agent,
            ),
            NavigationEntry(
                lazy_gettext("Help articles"),
                "/settings/articles",
                lazy_gettext("Answers that people find by themselves, by category and language."),
                "file",
                Role.agent,
            ),
            NavigationEntry(
                lazy_gettext("Rules"),
                "/settings/rules",
                lazy_gettext("What is done automatically when a ticket is filed, replied to, changed or idle."),
                "retry",
                Role.lead,
            ),
            NavigationEntry(
                lazy_gettext("Tags"),
                "/settings/tags",
                lazy_gettext("The team’s words for kinds of tickets: rename, merge, remove."),
                "hash",
            ),
            NavigationEntry(
                lazy_gettext("Automatic closing"),
                "/settings/closing",
                lazy_gettext("When solved tickets close automatically."),
                "closed",
            ),
        ],
    ),
    (
        lazy_gettext("Channels and programs"),
        [
            NavigationEntry(
                lazy_gettext("Slack channels"),
                "/settings/channels",
                lazy_gettext("Which channel is whose, who reads it, and whether Slack works."),
                "hash",
            ),
            NavigationEntry(
                lazy_gettext("Mail"),
                "/settings/mail",
                lazy_gettext("Where mail comes from, what is mailed, how each mail looks."),
                "mail",
            ),
            NavigationEntry(
                lazy_gettext("Webhooks"),
                "/settings/webhooks",
                lazy_gettext("Send events to other programs."),
                "external",
            ),
            NavigationEntry(
                lazy_gettext("API tokens"),
                "/settings/api-tokens",
                lazy_gettext("Keys for programs that read and write here."),
                "lock",
            ),
        ],
    ),
    (
        lazy_gettext("Data and operation"),
        [
            NavigationEntry(
                lazy_gettext("Retention and erasure"),
                "/settings/retention",
                lazy_gettext("How long tickets are kept; exporting and erasing."),
                "trash",
            ),
            NavigationEntry(
                lazy_gettext("Maintenance"),
                "/settings/maintenance",
                lazy_gettext("Let everything be read and nothing be saved for a while."),
                "settings",
            ),
            NavigationEntry(
                lazy_gettext("Health"),
                "/settings/health",
                lazy_gettext("What waits to be sent, what came in, workers and disk."),
                "check",
            ),
            NavigationEntry(
                lazy_gettext("Audit log"),
                "/settings/audit",
                lazy_gettext("Who changed settings, access and identities, and when."),
                "clock",
            ),
        ],
    ),
]
NAVIGATION = [entry for _, entries in GROUPS for entry in entries]


def render_settings_page(template: str, **values: Any) -> str:
    """Render a settings page with the pages that this person may open beside it; the current one is marked."""
    return render_template(template, navigation=list_links(), **values)


def list_links() -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """(heading, links) of the groups of pages that this person may open; a link is (label, URL, is current)."""
    current = max(
        (
            entry.address
            for entry in NAVIGATION
            if request.path == entry.address or request.path.startswith(entry.address + "/")
        ),
        key=len,
        default="",
    )
    return [
        (heading, [(entry.label, entry.address, entry.address == current) for entry in entries])
        for heading, entries in list_groups(current_user)
    ]


def list_groups(user: User) -> list[tuple[str, list[NavigationEntry]]]:
    """(heading, pages) of the settings pages that somebody of the team may open; the only group has no heading."""
    roles = {Role.agent} | ({Role.lead} if user.is_lead else set()) | ({Role.admin} if user.is_admin else set())
    allowed = [(heading, [entry for entry in entries if entry.role in roles]) for heading, entries in GROUPS]
    groups = [(str(heading), entries) for heading, entries in allowed if entries]
    return groups if len(groups) > 1 else [("", entries) for _, entries in groups]


def list_entries(user: User) -> list[NavigationEntry]:
    """The settings pages that somebody of the team may open."""
    return [entry for _, entries in list_groups(user) for entry in entries]
