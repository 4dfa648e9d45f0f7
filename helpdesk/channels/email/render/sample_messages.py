"""Sample values for every mail, for the previews of the settings page and the golden files."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any

from helpdesk.channels.email.render import message_types

_NOON = datetime(2026, 11, 20, 12, 4, tzinfo=UTC)
_PORTAL = "https://help.northwind.example"


def sample_mails() -> dict[str, message_types.Mail]:
    """Return one of each mail by its name, the same every time."""
    ticket = message_types.TicketRef(
        1042, "Export stops at 10,000 rows", f"{_PORTAL}/tickets/1042", "Globex", "Waiting for you"
    )
    link = f"{_PORTAL}/sign-in/link/3q2-8sKxwVtYvTn0bC6dLr5uPz9eHf1m"
    return {
        "reply": message_types.Reply(
            _envelope("reply", ticket=True),
            ticket,
            messages=(_SAMPLE_ANSWER,),
            earlier=_SAMPLE_EARLIER,
        ),
        "received": message_types.TicketReceived(
            _envelope("received", ticket=True),
            dataclasses.replace(ticket, status="Received"),
            message=_SAMPLE_EARLIER[-1],
            answers=(
                ("Product", "Reports"),
                ("How urgent is it?", "Work is slowed down"),
                ("Affected people", "The finance team"),
            ),
        ),
        "solved": message_types.TicketSolved(
            _envelope("solved", ticket=True),
            ticket,
            solved_by="Maya Lind",
            messages=(
                message_types.QuotedMessage(
                    "Maya Lind",
                    "The limit is lifted for Globex since this morning. Exports of any size now arrive by mail.",
                    _NOON,
                    "Northwind support",
                    from_team=True,
                ),
            ),
            ratings=(
                message_types.RatingLink("Good", f"{_PORTAL}/tickets/1042/rating?value=good"),
                message_types.RatingLink("It was all right", f"{_PORTAL}/tickets/1042/rating?value=fair"),
                message_types.RatingLink("Bad", f"{_PORTAL}/tickets/1042/rating?value=bad"),
            ),
            earlier=_SAMPLE_EARLIER[:2],
        ),
        "closing_soon": message_types.ClosingSoon(
            _envelope("closing", ticket=True), ticket, closes_at=_NOON + timedelta(days=3)
        ),
        "invitation": message_types.Invitation(
            _envelope("invitation"), link, "Jonas Park", _NOON + timedelta(minutes=30), role="lead"
        ),
        "sign_in": message_types.SignIn(_envelope("sign-in"), link, "7KQM2XWD", browser="Firefox on Linux"),
        "sign_in_requests": message_types.SignInRequests(
            _envelope("requests"),
            f"{_PORTAL}/sign-in/pause/3q2-8sKxwVtYvTn0bC6dLr5uPz9eHf1m",
            f"{_PORTAL}/sign-in",
            "Chrome on Windows",
        ),
        "linked": message_types.IdentityLinked(
            _envelope("linked"),
            "Google",
            "ann@globex.example",
            _NOON,
            f"{_PORTAL}/account/sessions",
            "Chrome on Android",
        ),
        "weekly_summary": message_types.WeeklyDigest(
            _envelope("weekly", preferences=True),
            date(2026, 11, 9),
            date(2026, 11, 15),
            figures=(
                message_types.Figure("New tickets", "48", "6 more than the week before"),
                message_types.Figure("Solved", "51", "9 more"),
                message_types.Figure("First response time, median", "42 min", "11 min faster"),
                message_types.Figure("Rated good", "94 %"),
            ),
            waiting=(
                message_types.TicketRef(
                    987, "Invoice shows the old address", f"{_PORTAL}/tickets/987", "Initech", "Received"
                ),
                message_types.TicketRef(
                    1003, "Two people with one login", f"{_PORTAL}/tickets/1003", "Umbra Labs", "In progress"
                ),
            ),
            url=f"{_PORTAL}/review",
        ),
        "report": message_types.ReportMail(
            _envelope("report"),
            "Refunds by agent",
            date(2026, 11, 9),
            date(2026, 11, 15),
            figures=(
                message_types.Figure("Filed", "48", "before: 42"),
                message_types.Figure("First response time", "42 min", "before: 53 min"),
                message_types.Figure("CSAT", "4.6 of 5", "before: –"),
            ),
            headings=("Agent", "Filed", "Solved", "First response time", "Resolution time"),
            rows=(("Maya Lind", "30", "31", "38 min", "4 h 2 min"), ("Jonas Park", "18", "20", "51 min", "1 d")),
            url=f"{_PORTAL}/review?range=dates&from=2026-11-09&to=2026-11-15&by=agent&tag=refund",
        ),
        "delivery_alert": message_types.DeliveryAlert(
            _envelope("alert"),
            "Slack refuses our token, so nothing reaches Slack.",
            _NOON,
            f"{_PORTAL}/settings/deliveries",
            destinations=(
                message_types.StuckDestination(
                    "#triage",
                    14,
                    _NOON,
                    "The bot token was revoked. Install the app again and enter the new token.",
                ),
                message_types.StuckDestination(
                    "#globex", 3, _NOON + timedelta(minutes=4), "The bot token was revoked."
                ),
            ),
        ),
        "quarantine_summary": message_types.QuarantineSummary(
            _envelope("quarantine-summary", preferences=True),
            count=2,
            url=f"{_PORTAL}/desk/quarantine",
            mails=(
                message_types.WaitingLine(
                    "ann@globex.example",
                    "Re: Export stops at 10,000 rows",
                    "Its sender is not proven: globex.example publishes no DMARC record.",
                    _NOON - timedelta(hours=20),
                    f"{_PORTAL}/desk/quarantine/7",
                ),
                message_types.WaitingLine(
                    "bo@post.example",
                    "Toner",
                    "No organization lets its sender in.",
                    _NOON - timedelta(hours=3),
                    f"{_PORTAL}/desk/quarantine/9",
                ),
            ),
        ),
        "notifications": message_types.Notifications(
            _envelope("notifications", preferences=True),
            lines=(
                message_types.NotificationLine(
                    "Jonas Park assigned #1042 to you", "Export stops at 10,000 rows", f"{_PORTAL}/tickets/1042", _NOON
                ),
                message_types.NotificationLine(
                    "Ann Lee replied on #987", "Invoice shows the old address", f"{_PORTAL}/tickets/987", _NOON
                ),
            ),
            url=f"{_PORTAL}/notifications",
            is_digest=True,
        ),
        "mail_waiting": message_types.MailWaiting(_envelope("waiting", preferences=True), f"{_PORTAL}/tickets"),
        "test": message_types.TestMail(_envelope("test", preferences=True), _NOON, f"{_PORTAL}/settings/mail"),
    }


def _envelope(key: str, ticket: bool = False, preferences: bool = False) -> message_types.Envelope:
    more: dict[str, Any] = {}
    if ticket:
        more = {
            "reply_to": "reply+mzxw6ytboi2dgnbvgy3tqojqme@reply.northwind.example",
            "references": (f"<root@{_PORTAL[8:]}>", f"<second@{_PORTAL[8:]}>"),
        }
    if ticket or preferences:
        more |= {"unsubscribe_url": f"{_PORTAL}/mail/stop/u7Xc", "preferences_url": f"{_PORTAL}/account/mail"}
    return message_types.Envelope(
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


_SAMPLE_ANSWER = message_types.QuotedMessage(
    "Maya Lind",
    "Hello Ann,\n\nI can see it too: the export ends at **10,000 rows** without a word about it. "
    "Until it is mended, [export one month at a time](https://help.northwind.example/docs/exports), "
    "or ask for a copy:\n\n"
    "```\nGET /api/exports?from=2026-01&to=2026-03\n```\n\n"
    "Two questions:\n\n1. Which file format do you need?\n2. Is the finance team the only one affected?",
    _NOON,
    "Northwind support",
    from_team=True,
    files=(message_types.FileLink("export-limits.pdf", f"{_PORTAL}/tickets/1042#files", 84_213, "application/pdf"),),
)

_SAMPLE_EARLIER = (
    message_types.QuotedMessage("Bo Castle", "Same here, since Monday.", _NOON - timedelta(minutes=35), "Globex"),
    message_types.QuotedMessage(
        "Jonas Park",
        "Thank you, we are looking at it. Maya knows the exports best, she takes over.",
        _NOON - timedelta(hours=1),
        "Northwind support",
        from_team=True,
        edited=True,
    ),
    message_types.QuotedMessage(
        "Ann Ambrose",
        "The export of all bookings stops after 10,000 rows. No message, the file just ends.\n\n"
        "> 9,999;2026-03-14;Berlin\n> 10,000;2026-03-14;Bern\n\n"
        "We need the whole year for the audit on Friday.",
        _NOON - timedelta(hours=2),
        "Globex",
        files=(message_types.FileLink("bookings.csv", f"{_PORTAL}/tickets/1042#files", 1_204_118, "text/csv"),),
    ),
)
