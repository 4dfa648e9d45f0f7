"""Believable values for every mail: what the settings page previews and the golden files hold."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any

from helpdesk.channels.email import mails

_NOON = datetime(2026, 11, 20, 12, 4, tzinfo=UTC)
_PORTAL = "https://help.northwind.example"


def all() -> dict[str, mails.Mail]:
    """One of each mail by its name, the same every time."""
    ticket = mails.TicketRef(
        1042, "Export stops at 10,000 rows", f"{_PORTAL}/tickets/1042", "Globex", "Waiting for you"
    )
    link = f"{_PORTAL}/sign-in/link/3q2-8sKxwVtYvTn0bC6dLr5uPz9eHf1m"
    return {
        "reply": mails.Reply(
            _envelope("reply", ticket=True),
            ticket,
            messages=(_ANSWER,),
            earlier=_EARLIER,
        ),
        "received": mails.Received(
            _envelope("received", ticket=True),
            dataclasses.replace(ticket, status="Received"),
            message=_EARLIER[-1],
            answers=(
                ("Product", "Reports"),
                ("How urgent is it?", "Work is slowed down"),
                ("Affected people", "The finance team"),
            ),
        ),
        "solved": mails.Solved(
            _envelope("solved", ticket=True),
            ticket,
            solved_by="Maya Lind",
            message=mails.Said(
                "Maya Lind",
                "The limit is lifted for Globex since this morning. Exports of any size now arrive by mail.",
                _NOON,
                "Northwind support",
                from_team=True,
            ),
            ratings=(
                mails.Rating("Good", f"{_PORTAL}/tickets/1042/rating?value=good"),
                mails.Rating("It was all right", f"{_PORTAL}/tickets/1042/rating?value=fair"),
                mails.Rating("Bad", f"{_PORTAL}/tickets/1042/rating?value=bad"),
            ),
            earlier=_EARLIER[:2],
        ),
        "closing_soon": mails.ClosingSoon(
            _envelope("closing", ticket=True), ticket, closes_at=_NOON + timedelta(days=3)
        ),
        "invitation": mails.Invitation(
            _envelope("invitation"), link, "Jonas Park", _NOON + timedelta(minutes=30), role="lead"
        ),
        "sign_in": mails.SignIn(_envelope("sign-in"), link, "7KQM2XWD", browser="Firefox on Linux"),
        "linked": mails.Linked(
            _envelope("linked"),
            "Google",
            "ann@globex.example",
            _NOON,
            f"{_PORTAL}/account/sessions",
            "Chrome on Android",
        ),
        "weekly_summary": mails.WeeklySummary(
            _envelope("weekly", preferences=True),
            date(2026, 11, 9),
            date(2026, 11, 15),
            figures=(
                mails.Figure("New tickets", "48", "6 more than the week before"),
                mails.Figure("Solved", "51", "9 more"),
                mails.Figure("First answer, median", "42 min", "11 min faster"),
                mails.Figure("Rated good", "94 %"),
            ),
            waiting=(
                mails.TicketRef(987, "Invoice shows the old address", f"{_PORTAL}/tickets/987", "Initech", "Received"),
                mails.TicketRef(
                    1003, "Two people with one login", f"{_PORTAL}/tickets/1003", "Umbra Labs", "In progress"
                ),
            ),
            url=f"{_PORTAL}/review",
        ),
        "delivery_alert": mails.DeliveryAlert(
            _envelope("alert"),
            "Slack refuses our token, so nothing reaches Slack.",
            _NOON,
            f"{_PORTAL}/settings/deliveries",
            destinations=(
                mails.Destination(
                    "#triage",
                    14,
                    _NOON,
                    "The bot token was revoked. Install the app again and enter the new token.",
                ),
                mails.Destination("#globex", 3, _NOON + timedelta(minutes=4), "The bot token was revoked."),
            ),
        ),
        "test": mails.Test(_envelope("test", preferences=True), _NOON, f"{_PORTAL}/settings/mail"),
    }


def _envelope(key: str, ticket: bool = False, preferences: bool = False) -> mails.Envelope:
    more: dict[str, Any] = {}
    if ticket:
        more = {
            "reply_to": "reply+mzxw6ytboi2dgnbvgy3tqojqme@reply.northwind.example",
            "references": (f"<root@{_PORTAL[8:]}>", f"<second@{_PORTAL[8:]}>"),
        }
    if ticket or preferences:
        more |= {"unsubscribe_url": f"{_PORTAL}/mail/stop/u7Xc", "preferences_url": f"{_PORTAL}/account/mail"}
    return mails.Envelope(
        key=f"sample-{key}",
        recipient="ann@globex.example",
        recipient_name="Ann Ambrose",
        sender="support@northwind.example",
        sender_name="Maya Lind, Northwind support" if ticket else "Northwind support",
        date=_NOON,
        portal_name="Northwind support",
        portal_url=_PORTAL,
        instance="sample-installation",
        **more,
    )


_ANSWER = mails.Said(
    "Maya Lind",
    "Hello Ann,\n\nI can see it too: the export ends at **10,000 rows** without a word about it. "
    "Until it is mended, [export one month at a time](https://help.northwind.example/docs/exports), "
    "or ask for a copy:\n\n"
    "```\nGET /api/exports?from=2026-01&to=2026-03\n```\n\n"
    "Two questions:\n\n1. Which file format do you need?\n2. Is the finance team the only one affected?",
    _NOON,
    "Northwind support",
    from_team=True,
    files=(mails.File("export-limits.pdf", f"{_PORTAL}/tickets/1042#files", 84_213, "application/pdf"),),
)

_EARLIER = (
    mails.Said("Bo Castle", "Same here, since Monday.", _NOON - timedelta(minutes=35), "Globex"),
    mails.Said(
        "Jonas Park",
        "Thank you, we are looking at it. Maya knows the exports best, she takes over.",
        _NOON - timedelta(hours=1),
        "Northwind support",
        from_team=True,
        edited=True,
    ),
    mails.Said(
        "Ann Ambrose",
        "The export of all bookings stops after 10,000 rows. No message, the file just ends.\n\n"
        "> 9,999;2026-03-14;Berlin\n> 10,000;2026-03-14;Bern\n\n"
        "We need the whole year for the audit on Friday.",
        _NOON - timedelta(hours=2),
        "Globex",
        files=(mails.File("bookings.csv", f"{_PORTAL}/tickets/1042#files", 1_204_118, "text/csv"),),
    ),
)
