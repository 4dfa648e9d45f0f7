"""The navigation of the settings pages, and how such a page is rendered."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request


@dataclass(frozen=True)
class NavigationEntry:
    """One settings page: its name, URL, description and icon."""

    label: str
    address: str
    what: str
    symbol: str = "settings"


NAVIGATION: list[NavigationEntry] = [
    NavigationEntry(
        "Portal setup",
        "/settings/portal",
        "Name, logo, colour, ways of signing in, and the link to share.",
        "settings",
    ),
    NavigationEntry(
        "Organizations", "/settings/organizations", "Customer companies, and who of them may sign in.", "people"
    ),
    NavigationEntry("People", "/settings/people", "Customers: what they see, where they are signed in.", "person"),
    NavigationEntry("Team", "/settings/team", "Agents, leads and admins; invitations; who is who in Slack.", "inbox"),
    NavigationEntry("Forms", "/settings/forms", "What customers are asked when they file a ticket.", "file"),
    NavigationEntry(
        "Access explainer",
        "/settings/access",
        "Whether an address may sign in, and by which rule.",
        "eye",
    ),
    NavigationEntry(
        "Slack channels", "/settings/channels", "Which channel is whose, who reads it, and whether Slack works.", "hash"
    ),
    NavigationEntry("Mail", "/settings/mail", "Where mail comes from, what is mailed, how each mail looks.", "mail"),
    NavigationEntry(
        "Service levels",
        "/settings/service-levels",
        "How soon to answer and to solve; working hours and holidays.",
        "clock",
    ),
    NavigationEntry("Canned replies", "/settings/replies", "Texts for answers that come up often.", "reply"),
    NavigationEntry("Automatic closing", "/settings/closing", "When solved tickets close automatically.", "closed"),
    NavigationEntry(
        "Retention and erasure", "/settings/retention", "How long tickets are kept; exporting and erasing.", "trash"
    ),
    NavigationEntry("Webhooks", "/settings/webhooks", "Send events to other programs.", "external"),
    NavigationEntry("API tokens", "/settings/api-tokens", "Keys for programs that read and write here.", "lock"),
    NavigationEntry("Health", "/settings/health", "What waits to be sent, what came in, workers and disk.", "check"),
    NavigationEntry("Audit log", "/settings/audit", "Who changed settings, access and identities, and when.", "clock"),
]


def render_settings_page(template: str, **values: Any) -> str:
    """Render a settings page with the navigation; the current page is marked."""
    return render_template(template, navigation=list_links(), **values)


def list_links() -> list[tuple[str, str, bool]]:
    """(label, URL, is current) of every page."""
    current = max(
        (
            entry.address
            for entry in NAVIGATION
            if request.path == entry.address or request.path.startswith(entry.address + "/")
        ),
        key=len,
        default="",
    )
    return [(entry.label, entry.address, entry.address == current) for entry in NAVIGATION]
