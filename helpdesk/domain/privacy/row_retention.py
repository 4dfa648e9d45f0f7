"""Delete rows that only grow and have done their work: each kind after a number of days that is a setting.

A job does it once a day, ``BATCH_SIZE`` rows a transaction. What still waits, failed or needs a person stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select

from helpdesk import clock
from helpdesk.database.types import affected_rows
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.inbox import contents
from helpdesk.extensions import Base, db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import PURGEABLE_DELIVERY, Delivery
from helpdesk.models.draft import Draft
from helpdesk.models.inbound_content import InboundContent
from helpdesk.models.inbound_event import PURGEABLE_STATES, InboundEvent
from helpdesk.models.notification import Notification
from helpdesk.models.operation import Operation, OperationState
from helpdesk.models.second_factor import PasskeyChallenge
from helpdesk.models.session import Session
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.size_record import SizeRecord

BATCH_SIZE = 500  # rows of one transaction
REFUSED_PERIOD = timedelta(days=2)  # after which requests for links that were refused are deleted, whatever the setting

ORPHAN_PERIOD = timedelta(days=1)  # after which the parts of a mail that no event has are deleted
MAX_CONTENTS = 20  # parts of mails in one transaction, of half a megabyte each


@dataclass(frozen=True)
class Purge:
    """Rows of ``table`` that ``find_old`` selects are deleted after the days of ``setting``; 0 keeps them."""

    setting: str
    table: type[Base]
    find_old: Callable[[datetime], ColumnElement[bool]]


PURGES = (
    Purge(
        "received_retention_days",
        InboundEvent,
        lambda before: and_(InboundEvent.state.in_(PURGEABLE_STATES), InboundEvent.finished_at < before),
    ),
    Purge("delivery_retention_days", Delivery, lambda before: and_(PURGEABLE_DELIVERY, Delivery.finished_at < before)),
    Purge(
        "session_retention_days",
        Session,
        lambda before: or_(Session.expires_at < before, Session.revoked_at < before),
    ),
    Purge("sign_in_retention_days", SignInLink, lambda before: SignInLink.expires_at < before),
    Purge(
        "sign_in_audit_days",
        AuditEntry,
        lambda before: and_(AuditEntry.at < before, AuditEntry.action.in_(audit_log.ROUTINE_ACTIONS)),
    ),
    Purge("audit_retention_days", AuditEntry, lambda before: AuditEntry.at < before),
    Purge(
        "operation_retention_days",
        Operation,
        lambda before: and_(
            Operation.state.in_((OperationState.done, OperationState.undone)), Operation.finished_at < before
        ),
    ),
    Purge("notification_retention_days", Notification, lambda before: Notification.created_at < before),
    Purge("draft_retention_days", Draft, lambda before: Draft.updated_at < before),
    Purge("size_retention_days", SizeRecord, lambda before: SizeRecord.at < before),
)


def purge_next_batch() -> int:
    """Delete at most BATCH_SIZE rows of the first kind that has any to delete. Returns how many; 0 when none is left.

    The caller commits between two batches. Requests for links that were refused, which are many when somebody floods
    the form, and challenges of passkeys are deleted soon, whatever the settings; so are the parts of long mails once
    their event is gone.
    """
    refused = SignInLink.refused.is_not(None) & (SignInLink.expires_at < clock.now() - REFUSED_PERIOD)
    count = _delete(SignInLink, refused) or _delete(PasskeyChallenge, PasskeyChallenge.expires_at < clock.now())
    is_unused = contents.IS_ORPHAN & (InboundContent.created_at < clock.now() - ORPHAN_PERIOD)
    count = count or _delete(InboundContent, is_unused, MAX_CONTENTS)
    for purge in PURGES:
        days = settings.get(purge.setting)
        if not count and days:
            count = _delete(purge.table, purge.find_old(clock.now() - timedelta(days=days)))
    return count


def _delete(table: type[Base], condition: ColumnElement[bool], most: int | None = None) -> int:
    key = next(iter(table.__table__.primary_key))
    keys = list(db.session.scalars(select(key).where(condition).limit(most or BATCH_SIZE)))
    if not keys:
        return 0
    deletion = delete(table).where(key.in_(keys)).execution_options(synchronize_session=False)
    return affected_rows(db.session.execute(deletion))
