"""Erase people and tickets.

Rows are deleted in the caller's transaction; files only after it was committed (``delete_files``), because deleting
them cannot be rolled back.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from helpdesk import clock, storage
from helpdesk.domain import locking
from helpdesk.domain.administration import audit_log, operations
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.inbox import contents
from helpdesk.domain.inbox.channel import find_senders
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import changes, permissions, users
from helpdesk.domain.privacy import database_file, erase_content, erase_deliveries, erase_known_outside, former_identity
from helpdesk.domain.tickets import handover
from helpdesk.extensions import Base, db
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import UNFINISHED_STATES, Delivery, DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.operation import Operation, OperationKind, OperationState
from helpdesk.models.organization import OrganizationAddress
from helpdesk.models.personal_data import ERASED_NAME, Erased, RowDeleted
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.trusted_sender import TrustedSender
from helpdesk.models.user import Role, User
from helpdesk.translation import gettext

BATCH_SIZE = 200  # tickets
FOLLOW_UP_DAYS = 7
PERSON_STEPS = 2  # the rows, and what was being sent


def erase_person(user: User, *, actor: User, words: bool = True, subjects: bool = False) -> list[str]:
    """Erase the personal data of ``user``, with ``words`` also the content of what they wrote, and with ``subjects``
    also the subjects of their tickets.

    Returns the keys of the files to delete after the commit. Raises PermissionDenied for non-admins and ConflictError
    for ``actor`` themselves and the admin for emergencies.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins erase people."))
    if user.id == actor.id:
        raise ConflictError(gettext("You cannot erase yourself; another admin can."))
    if user.erased_at:
        return []
    if user.is_admin and user.is_active:
        users.ensure_another_admin(user)
    erase_content.lock_everything_of(user)
    operation = operations.start(OperationKind.erase_person, user.id, None, actor=actor, total=PERSON_STEPS)
    keys, being_sent = erase_everything_of(user, words=words, subjects=subjects)
    erase_deliveries.erase_without_thread()
    handover.reassign_open_tickets(user, None, actor=actor)  # after the name is gone, which events and webhooks repeat
    audit_log.add_entry("erased a person", actor, f"person {user.id}", words=words, subjects=subjects)
    changes.notify_listeners("erased", user)
    operation.done, operation.data = 1, {"being_sent": being_sent}
    _finish_if_all_is_sent(operation, user)
    return keys


def erase_everything_of(user: User, *, words: bool, subjects: bool) -> tuple[list[str], list[int]]:
    """Erase a person whose rows are locked (``erase_content.lock_everything_of``).

    Returns the keys of the files to delete after the commit, and the ids of the deliveries that are being sent.
    """
    merged = list(db.session.scalars(select(User).where(User.merged_into_id == user.id)))
    former = former_identity.collect_of_person(user, *merged)
    senders = find_senders(user, sorted({user.email, *former.addresses}))
    ticket_ids = erase_content.select_affected_tickets(user)
    being_sent = erase_deliveries.find_being_sent(user, ticket_ids, former)
    keys = []
    if words:
        keys = erase_content.erase_messages(user)
        erase_content.erase_filed_tickets(user, subjects=subjects)
        erase_content.erase_reviews(user)
        erase_content.erase_answers_in_events(user)
    # Raw copies and sent mails have the name and the address in them; nobody reads them on a page.
    erase_content.erase_from_inbox(user, senders)
    for address in sorted(former.addresses):
        erase_address(address)
    erase_deliveries.erase_from_deliveries(user, ticket_ids, former)
    erase_content.erase_from_events(user, former)
    erase_content.erase_from_tags([*former.names, *former.addresses])
    erase_known_outside.erase_reactions(senders)
    erase_known_outside.erase_names(user, former)
    erase_known_outside.erase_provisioned([user.id, *(each.id for each in merged)], former)
    erase_content.erase_imported_ids([user.id, *(each.id for each in merged)], former)
    for account in (user, *merged):
        erase_declared(account, words=words)
    former_identity.erase_from_audit_log(former)
    for thread in db.session.scalars(select(Thread).where(Thread.user_id == user.id, Thread.ended_at.is_(None))):
        thread.ended_at = clock.now()
    for account in (*merged, user):
        erase_account(account)
    return keys, being_sent


def erase_what_was_being_sent() -> int:
    """Erase from the deliveries that were being sent when their person was erased. Returns the number of people.

    A job calls it every hour, for the people erased in the last ``FOLLOW_UP_DAYS`` days. When nothing of a person is
    being sent any more, or after these days, their erasure is finished.
    """
    running = select(Operation).where(
        Operation.kind == OperationKind.erase_person, Operation.state == OperationState.running
    )
    by_person = {operation.source_id: operation for operation in db.session.scalars(running)}
    recent = User.erased_at.is_not(None) & (User.erased_at > clock.now() - timedelta(days=FOLLOW_UP_DAYS))
    people = db.session.scalars(select(User).where(recent | User.id.in_(by_person)).order_by(User.id)).all()
    for user in people:
        erase_deliveries.erase_from_deliveries(user, erase_content.select_affected_tickets(user))
        if user.id in by_person:
            _finish_if_all_is_sent(by_person[user.id], user)
    lately = Operation.created_at > clock.now() - timedelta(days=FOLLOW_UP_DAYS)
    of_organizations = select(Operation).where(Operation.kind == OperationKind.erase_organization, lately)
    for operation in db.session.scalars(of_organizations):
        erase_deliveries.erase_later(operation.data.get("being_sent", ()))
    return len(people)


def _finish_if_all_is_sent(operation: Operation, user: User) -> None:
    """Finish the erasure of ``user`` unless a copy of their words, or a mail to them, is still being sent."""
    being_sent = list(operation.data.get("being_sent", ()))
    erase_deliveries.erase_later(being_sent)
    written = select(Message.id).where(Message.author_id == user.id)
    mailed = select(Thread.id).where(Thread.user_id == user.id)
    theirs = Delivery.message_id.in_(written) | Delivery.thread_id.in_(mailed) | Delivery.id.in_(being_sent)
    waits = db.session.scalar(select(Delivery.id).where(theirs, Delivery.state.in_(UNFINISHED_STATES)).limit(1))
    if waits is None or operation.created_at < clock.now() - timedelta(days=FOLLOW_UP_DAYS):
        operation.done = PERSON_STEPS
        operations.finish(operation)
        database_file.request_cleaning()


def erase_declared(user: User, *, words: bool) -> None:
    """Do what ``personal_data`` of each table says, for the rows that name ``user``."""
    for mapper in Base.registry.mappers:
        table, declared = mapper.class_, getattr(mapper.class_, "personal_data", {})
        if isinstance(declared, RowDeleted):
            if words or table is not Attachment:
                db.session.execute(delete(table).where(getattr(table, declared.person) == user.id))
            continue
        for name, column in declared.items():
            if isinstance(column, Erased) and (words or not column.words):
                mine = getattr(table, column.person) == user.id
                db.session.execute(update(table).where(mine).values({name: column.value}))


def erase_address(email: str) -> None:
    """Delete the sign-in links, invitations and listed addresses for ``email``."""
    links = select(SignInLink.id).where(SignInLink.email == email)
    account_mails = (DeliveryKind.sign_in, DeliveryKind.invitation)
    about_links = Delivery.kind.in_(account_mails) & Delivery.subject_id.in_(links)
    db.session.execute(delete(Delivery).where(Delivery.thread_id.is_(None), about_links))
    for table in (SignInLink, OrganizationAddress):
        db.session.execute(delete(table).where(table.email == email))
    db.session.execute(delete(TrustedSender).where(TrustedSender.address == email))


def erase_account(user: User) -> None:
    """Empty the row of ``user``, which stays so that tickets keep their requester."""
    user.role, user.organization_id = Role.requester, None
    user.email, user.name = f"erased-{user.id}@erased.invalid", ERASED_NAME
    user.picture_url = user.slack_user_id = user.time_zone = user.language = user.email_undeliverable_reason = None
    user.notes, user.mail_replies, user.mail_updates = "", False, False
    user.deactivated_at = user.deactivated_at or clock.now()
    user.erased_at = clock.now()
    db.session.flush()


def delete_files(keys: list[str]) -> None:
    """Delete the files from the storage; to be called after the commit."""
    for key in keys:
        storage.delete(key)


def erase_tickets(ids: list[int]) -> list[str]:
    """Erase the tickets with all their rows. Returns the keys of the files to delete after the commit."""
    about = select(InboundEvent.id).where(InboundEvent.ticket_id.in_(ids)).order_by(InboundEvent.id)
    db.session.execute(about.with_for_update(of=InboundEvent))
    referring = select(Ticket.id).where(Ticket.follows_id.in_(ids) | Ticket.merged_into_id.in_(ids))
    locking.lock_tickets([*ids, *db.session.scalars(referring)])
    keys = attachment_keys(Attachment.ticket_id.in_(ids))
    threads = select(Thread.id).where(Thread.ticket_id.in_(ids))
    options = {"synchronize_session": False}
    db.session.execute(
        update(Message).where(Message.origin_thread_id.in_(threads)).values(origin_thread_id=None),
        execution_options=options,
    )
    for column in (Ticket.follows_id, Ticket.merged_into_id):
        db.session.execute(update(Ticket).where(column.in_(ids)).values({column: None}), execution_options=options)
    erase_deliveries.erase_of_tickets(ids)
    contents.delete_parts(InboundEvent.ticket_id.in_(ids))
    db.session.execute(
        update(InboundEvent)
        .where(InboundEvent.ticket_id.in_(ids))
        .values(payload={}, raw=None, content_key=None, result=None),
        execution_options=options,
    )
    db.session.execute(delete(Ticket).where(Ticket.id.in_(ids)), execution_options=options)
    db.session.expire_all()
    webhooks.enqueue_tickets_erased(ids)
    return keys


def attachment_keys(condition: ColumnElement[bool]) -> list[str]:
    return list(db.session.scalars(select(Attachment.key).where(condition)))


def count_rows(table: type[Base], *conditions: ColumnElement[bool]) -> int:
    """The number of rows of ``table`` that meet all conditions."""
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
