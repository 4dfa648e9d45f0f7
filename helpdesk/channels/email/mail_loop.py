"""A test mail that goes out and has to come back: the whole way of mail at once, tried from a page or by
``helpdesk doctor --mail-loop``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from helpdesk import clock, config
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.channels.email.render import compose
from helpdesk.domain import outbox
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.setting import Setting
from helpdesk.models.user import User
from helpdesk.translation import gettext

STATE_KEY = "mail_loop"  # the row that stores the latest try


@dataclass(frozen=True)
class LoopState:
    """The latest try: when the mail was sent, when it came back (None: not yet), and what proved its sender."""

    key: str
    sent_at: datetime
    arrived_at: datetime | None
    proof: str

    @property
    def seconds(self) -> int:
        """How long the mail was on its way, or has been until now."""
        return round(((self.arrived_at or clock.now()) - self.sent_at).total_seconds())


def start(actor: User | None) -> Delivery:
    """Send a mail to a reply address of nobody; None is the command line. Raises PermissionDenied, and ValidationError
    with what is not set.
    """
    if actor is not None:
        permissions.ensure(permissions.can_administer(actor), gettext("Only admins can do this."))
    if not config.current().MAIL_SERVER:
        raise ValidationError(gettext("No mail was sent: MAIL_SERVER is not set."))
    if not config.current().INBOUND_MAIL_DOMAIN:
        raise ValidationError(gettext("Nobody can reply by mail: INBOUND_MAIL_DOMAIN is not set."))
    delivery = outbox.enqueue_account_mail(DeliveryKind.mail_test, actor.id if actor is not None else 0, loop=True)
    _save({"key": delivery.key, "sent_at": clock.now().isoformat(), "arrived_at": None, "proof": ""})
    return delivery


def record_arrival(mail: ParsedMail) -> bool:
    """Record that the mail of the latest try came back. Returns whether ``mail`` is that one."""
    state = get_state()
    key = compose.extract_delivery_key(mail.external_id, config.current().PORTAL_BASE_URL)
    if state is None or key != state.key:
        return False
    if state.arrived_at is None:
        _save(
            {
                "key": state.key,
                "sent_at": state.sent_at.isoformat(),
                "arrived_at": clock.now().isoformat(),
                "proof": mail.authentication.reason,
            }
        )
    return True


def get_state() -> LoopState | None:
    """Return the latest try; None before the first."""
    value = db.session.scalar(select(Setting.value).where(Setting.key == STATE_KEY))
    if not value:
        return None
    arrived_at = datetime.fromisoformat(value["arrived_at"]) if value["arrived_at"] else None
    return LoopState(value["key"], datetime.fromisoformat(value["sent_at"]), arrived_at, value["proof"])


def _save(value: dict) -> None:
    row = db.session.get(Setting, STATE_KEY)
    if row is None:
        db.session.add(Setting(key=STATE_KEY, value=value))
    else:
        row.value = value
    db.session.flush()
