"""The steps of the set-up checklist and what state each is in, computed from the database and the settings."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from helpdesk import config
from helpdesk.channels.email import administration as mail
from helpdesk.channels.email import senders
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.form import Form, FormVersion
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.organization import Organization
from helpdesk.models.setting import Setting
from helpdesk.models.ticket import Ticket
from helpdesk.translation import format_list, gettext, lazy_gettext, ngettext
from helpdesk.web.settings.setup import walk
from helpdesk.web.sign_in import login_page

MAIL_KINDS = (DeliveryKind.mail_test, DeliveryKind.sign_in, DeliveryKind.invitation, DeliveryKind.received)
TITLES = {
    "look": lazy_gettext("Name and look"),
    "organization": lazy_gettext("First organization"),
    "form": lazy_gettext("Form"),
    "mail": lazy_gettext("Outgoing mail"),
    "sign_in": lazy_gettext("Ways of signing in"),
    "inbound_mail": lazy_gettext("Incoming mail"),
    "slack": lazy_gettext("Slack"),
    "ticket": lazy_gettext("A test ticket"),
}
OPTIONAL = ("inbound_mail", "slack")


@dataclass(frozen=True)
class Step:
    """One step: whether it is done, and a sentence about what is there or what is missing."""

    name: str
    is_done: bool
    sentence: str

    @property
    def title(self) -> str:
        return str(TITLES[self.name])

    @property
    def is_optional(self) -> bool:
        return self.name in OPTIONAL


def list_steps() -> list[Step]:
    """Return every step in the order in which they are best taken. Asks no other server."""
    checks = {
        "look": _check_look,
        "organization": _check_organization,
        "form": _check_form,
        "mail": _check_mail,
        "sign_in": _check_sign_in,
        "inbound_mail": _check_inbound_mail,
        "slack": _check_slack,
        "ticket": _check_ticket,
    }
    return [Step(name, *checks[name]()) for name in TITLES]


def is_open() -> bool:
    """Whether the checklist is an admin's first page: nobody dismissed it, and something that is needed is missing.

    An installation with tickets that were not filed by the checklist is at work already.
    """
    if settings.get("setup_dismissed") or _count_other_tickets():
        return False
    return any(not step.is_done and not step.is_optional for step in list_steps())


def _count_other_tickets() -> int:
    number = settings.get("setup_ticket")
    tickets = select(Ticket.id).where(Ticket.id != int(number)) if number else select(Ticket.id)
    return len(db.session.scalars(tickets.limit(1)).all())


def _check_look() -> tuple[bool, str]:
    values = settings.get_all()
    is_chosen = db.session.scalar(select(Setting.key).where(Setting.key.in_(("portal_name", "logo"))).limit(1))
    if not is_chosen:
        return False, gettext("Customers read “%(name)s” above every page and mail.", name=values["portal_name"])
    return True, gettext("The portal is called %(name)s.", name=values["portal_name"])


def _check_organization() -> tuple[bool, str]:
    names = list(db.session.scalars(select(Organization.name).order_by(Organization.id).limit(1)))
    count = db.session.scalar(select(func.count(Organization.id))) or 0
    if not names:
        return False, gettext("Nobody can sign in as a customer before there is an organization.")
    return True, ngettext(
        "%(name)s is there.", "%(num)s organizations are there, %(name)s first.", count, name=names[0]
    )


def _check_form() -> tuple[bool, str]:
    is_published = Form.id.in_(select(FormVersion.form_id).where(FormVersion.published_at.is_not(None)))
    forms = select(Form.name).where(Form.archived_at.is_(None), is_published).order_by(Form.position, Form.id)
    names = list(db.session.scalars(forms))
    if not names:
        return False, gettext("Customers read that there is no form for them. Make one, or take the default one.")
    return True, gettext("Customers can file tickets with: %(names)s.", names=format_list(names))


def _check_mail() -> tuple[bool, str]:
    if not config.current().MAIL_SERVER:
        return False, gettext(
            "No mail is sent: there is no mail server yet. Sign-in links, answers and invitations wait."
        )
    if senders.system_address() is None:
        return False, gettext("No mail is sent: there is no address to send it from.")
    sent, failed = find_latest_mails()
    if failed is not None and (sent is None or failed.id > sent.id):
        return False, gettext("The latest mail did not leave: %(reason)s", reason=failed.reason or failed.state)
    if sent is None:
        return False, gettext("A mail server is set, and has not taken a mail yet. Send yourself a test mail.")
    return True, gettext(
        "The mail server takes our mail, which comes from %(address)s.", address=senders.system_address()
    )


def find_latest_mails() -> tuple[Delivery | None, Delivery | None]:
    """Return the newest mail that was sent, and the newest that failed or is tried again after an error."""
    newest = select(Delivery).where(Delivery.kind.in_(MAIL_KINDS)).order_by(Delivery.id.desc()).limit(1)
    sent = newest.where(Delivery.state == DeliveryState.sent)
    failed = newest.where(Delivery.state != DeliveryState.sent, Delivery.reason.is_not(None))
    return db.session.scalar(sent), db.session.scalar(failed)


def _check_sign_in() -> tuple[bool, str]:
    ways = [provider.title for provider in login_page.list_providers()]
    ways += [gettext("a link by mail")] if login_page.is_magic_link_enabled() else []
    if not ways:
        return False, gettext("Customers cannot sign in: set up outgoing mail, Google or Microsoft.")
    return True, gettext("Customers sign in with: %(ways)s.", ways=format_list(ways))


def _check_inbound_mail() -> tuple[bool, str]:
    findings = mail.describe_incoming()
    if wrong := next((finding for finding in findings if not finding.ok), None):
        return False, wrong.sentence
    if not db.session.scalar(select(InboundEvent.id).where(InboundEvent.source == "email").limit(1)):
        return False, gettext(
            "Incoming mail is set up, and none has come yet. Answer a mail of the helpdesk to try it."
        )
    return True, gettext("Answers by mail arrive.")


def _check_slack() -> tuple[bool, str]:
    if not config.current().SLACK_BOT_TOKEN:
        return False, gettext("Slack is not connected. The team can answer on the desk without it.")
    if not settings.get("triage_channel"):
        return False, gettext("Slack's values are entered. Choose the channel in which new tickets appear.")
    if not db.session.scalar(select(InboundEvent.id).where(InboundEvent.source.like("slack%")).limit(1)):
        return False, gettext(
            "Slack's values are entered, and Slack has sent nothing yet. Write a line in the channel to try it."
        )
    return True, gettext("Slack is connected, and what is written there arrives.")


def _check_ticket() -> tuple[bool, str]:
    ticket = walk.find_ticket()
    if ticket is None:
        return False, gettext("Nothing was tried yet. One ticket shows whether everything works together.")
    stages: Iterator[walk.Stage] = (stage for stage in walk.list_stages(ticket) if not stage.is_done)
    if missing := next(stages, None):
        return False, missing.sentence
    return True, gettext("Ticket %(number)s went all the way.", number=ticket.number)
