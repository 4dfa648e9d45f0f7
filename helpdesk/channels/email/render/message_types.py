"""The content of each mail as plain values, filled in with the recipient's permissions; templates read nothing else."""

from dataclasses import dataclass, field
from datetime import date, datetime

from helpdesk.channels.email.render.envelope import Envelope as Envelope
from helpdesk.channels.email.render.envelope import FileLink as FileLink
from helpdesk.domain.reporting.weekly_digest import Figure
from helpdesk.translation import gettext


def _say_filed() -> str:
    return gettext("You filed this ticket.")


@dataclass(frozen=True)
class TicketRef:
    """A ticket as its reader may see it; ``status`` is in the customer's terms."""

    number: int
    subject: str
    url: str
    organization: str = ""
    status: str = ""


@dataclass(frozen=True)
class QuotedMessage:
    """One public message in Markdown, with its author and their side. ``corrected``: an earlier mail had an older text.

    ``html`` is the rendered body, where that is cached already.
    """

    who: str
    body: str
    when: datetime
    side: str = ""
    from_team: bool = False
    files: tuple[FileLink, ...] = ()
    edited: bool = False
    corrected: bool = False
    html: str = ""


@dataclass(frozen=True)
class RatingLink:
    """One answer to "how did we do"; its link leads to a page that asks for a press of a button."""

    label: str
    url: str


@dataclass(frozen=True)
class StuckDestination:
    """One destination that deliveries do not reach."""

    name: str
    waiting: int
    oldest: datetime
    reason: str


@dataclass(frozen=True)
class Reply:
    """New messages (oldest first, several if they came shortly after one another) and up to five ``earlier`` ones
    (newest first).
    """

    envelope: Envelope
    ticket: TicketRef
    messages: tuple[QuotedMessage, ...]
    earlier: tuple[QuotedMessage, ...] = ()
    why: str = field(default_factory=_say_filed)


@dataclass(frozen=True)
class TicketReceived:
    """``own_text``: what the installation adds to this mail, in Markdown; so in the next two."""

    envelope: Envelope
    ticket: TicketRef
    message: QuotedMessage | None = None
    answers: tuple[tuple[str, str], ...] = ()
    own_text: str = ""
    why: str = field(default_factory=_say_filed)


@dataclass(frozen=True)
class TicketSolved:
    """``messages``: the replies with which the ticket was solved, oldest first."""

    envelope: Envelope
    ticket: TicketRef
    solved_by: str
    messages: tuple[QuotedMessage, ...] = ()
    ratings: tuple[RatingLink, ...] = ()
    earlier: tuple[QuotedMessage, ...] = ()
    own_text: str = ""
    why: str = field(default_factory=_say_filed)


@dataclass(frozen=True)
class ClosingSoon:
    envelope: Envelope
    ticket: TicketRef
    closes_at: datetime
    own_text: str = ""
    why: str = field(default_factory=_say_filed)


@dataclass(frozen=True)
class Invitation:
    envelope: Envelope
    link: str
    inviter: str
    expires_at: datetime
    role: str = "agent"
    organization: str = ""


@dataclass(frozen=True)
class SignIn:
    """``provider_url`` leads to a provider of the person's organization; without ``has_link`` it is the only way."""

    envelope: Envelope
    link: str
    code: str
    minutes: int = 10
    browser: str = ""
    place: str = ""
    provider_name: str = ""
    provider_url: str = ""
    has_link: bool = True


@dataclass(frozen=True)
class SignInRequests:
    """Somebody requests sign-in links for this address again and again; ``stop_url`` leads to a button to stop it."""

    envelope: Envelope
    stop_url: str
    sign_in_url: str
    browser: str = ""


@dataclass(frozen=True)
class IdentityLinked:
    envelope: Envelope
    way: str
    address: str
    when: datetime
    sessions_url: str
    browser: str = ""


@dataclass(frozen=True)
class WeeklyDigest:
    envelope: Envelope
    begins: date
    ends: date
    figures: tuple[Figure, ...]
    url: str
    waiting: tuple[TicketRef, ...] = ()


@dataclass(frozen=True)
class ReportMail:
    """A saved report. ``headings`` and ``rows`` are its table; the first cell of a row is its name."""

    envelope: Envelope
    name: str
    begins: date
    ends: date
    figures: tuple[Figure, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    url: str


@dataclass(frozen=True)
class DeliveryAlert:
    envelope: Envelope
    problem: str
    since: datetime
    url: str
    destinations: tuple[StuckDestination, ...] = ()


@dataclass(frozen=True)
class TestMail:
    """What an admin sends to themselves to see that mail works."""

    envelope: Envelope
    when: datetime
    url: str


@dataclass(frozen=True)
class WaitingLine:
    """One mail that waits in quarantine; everything in it is unproven text."""

    sender: str
    subject: str
    reason: str
    received_at: datetime
    url: str


@dataclass(frozen=True)
class QuarantineSummary:
    """The people's mails that wait in quarantine, the longest waiting first; ``count`` is of all of them."""

    envelope: Envelope
    count: int
    url: str
    mails: tuple[WaitingLine, ...] = ()


@dataclass(frozen=True)
class MailWaiting:
    """The answer to a customer whose mail did not get onto a ticket."""

    envelope: Envelope
    url: str


@dataclass(frozen=True)
class NotificationLine:
    """One notification: its sentence, the subject of its ticket ("" for none), its address and its time."""

    sentence: str
    subject: str
    url: str
    when: datetime


@dataclass(frozen=True)
class Notifications:
    """What somebody of the team is notified of, the oldest first: one thing, or all of an hour or a day."""

    envelope: Envelope
    lines: tuple[NotificationLine, ...]
    url: str
    is_digest: bool = False


Mail = (
    Reply
    | TicketReceived
    | TicketSolved
    | ClosingSoon
    | Invitation
    | SignIn
    | SignInRequests
    | IdentityLinked
    | WeeklyDigest
    | ReportMail
    | DeliveryAlert
    | TestMail
    | QuarantineSummary
    | MailWaiting
    | Notifications
)

TYPES_BY_NAME: dict[str, type] = {
    "reply": Reply,
    "received": TicketReceived,
    "solved": TicketSolved,
    "closing_soon": ClosingSoon,
    "invitation": Invitation,
    "sign_in": SignIn,
    "sign_in_requests": SignInRequests,
    "linked": IdentityLinked,
    "weekly_summary": WeeklyDigest,
    "report": ReportMail,
    "delivery_alert": DeliveryAlert,
    "test": TestMail,
    "quarantine_summary": QuarantineSummary,
    "mail_waiting": MailWaiting,
    "notifications": Notifications,
}
