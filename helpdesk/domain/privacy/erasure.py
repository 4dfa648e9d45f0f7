"""Erase people, organizations and tickets, and preview what would be erased.

Rows are deleted in the caller's transaction; files only after it was committed (``delete_files``), because deleting
them cannot be rolled back.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from helpdesk import clock, jobs, live_events, storage
from helpdesk.domain import outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import permissions
from helpdesk.extensions import Base, db
from helpdesk.models.api_token import ApiToken
from helpdesk.models.attachment import Attachment
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.event import Event
from helpdesk.models.follower import Follower
from helpdesk.models.form import FormOrganization
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message, MessageRevision
from helpdesk.models.organization import Organization, OrganizationAddress, OrganizationDomain
from helpdesk.models.rating import Rating
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.saved_view import SavedView
from helpdesk.models.session import Session
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Identity, Membership, Role, User

ERASED_NAME = "Erased person"
BATCH_SIZE = 200  # tickets


@dataclass(frozen=True)
class ErasurePreview:
    """What would be erased, as label and number of each kind, and what would remain, in sentences."""

    goes: list[tuple[str, int]]
    stays: list[str]


def preview_person(user: User) -> ErasurePreview:
    """Preview the erasure of ``user``."""
    return ErasurePreview(
        [
            ("Ways to sign in", count_rows(Identity, Identity.user_id == user.id)),
            ("Sessions", count_rows(Session, Session.user_id == user.id)),
            ("Messages", count_rows(Message, Message.author_id == user.id)),
            ("Files", count_rows(Attachment, Attachment.uploader_id == user.id)),
            ("Tickets that keep their place but lose the name", count_rows(Ticket, Ticket.requester_id == user.id)),
        ],
        [
            "Mail that has left stays in mailboxes.",
            "Copies in Slack are taken away where Slack lets us.",
            "The numbers in reports stay, without the name.",
        ],
    )


def preview_organization(organization: Organization) -> ErasurePreview:
    """Preview the erasure of ``organization``."""
    id = organization.id
    return ErasurePreview(
        [
            ("Tickets", count_rows(Ticket, Ticket.organization_id == id)),
            ("Messages", count_rows(Message, Message.organization_id == id)),
            ("Files", count_rows(Attachment, Attachment.organization_id == id)),
            ("People", count_rows(User, User.organization_id == id)),
            ("Slack channels that are let go", count_rows(Channel, Channel.organization_id == id)),
        ],
        ["Mail that has left stays in mailboxes.", "What stands in Slack stays in Slack.", "The audit trail stays."],
    )


def erase_person(user: User, *, actor: User, words: bool = True) -> list[str]:
    """Erase the personal data of ``user``, and with ``words`` also the content of what they wrote.

    Returns the keys of the files to delete after the commit. Raises PermissionDenied for non-admins and ConflictError
    for ``actor`` themselves.
    """
    permissions.ensure(permissions.can_administer(actor), "Only admins erase people.")
    if user.id == actor.id:
        raise ConflictError("You cannot erase yourself; another admin can.")
    if user.erased_at:
        return []
    former_name, former_email = user.display_name, user.email
    keys = _erase_messages(user) if words else []
    for table in (Identity, Session, Membership, Follower, ReadReceipt, ApiToken):
        db.session.execute(delete(table).where(table.user_id == user.id))
    for owned in (SavedView, CannedReply):
        db.session.execute(delete(owned).where(owned.owner_id == user.id))
    links = select(SignInLink.id).where(SignInLink.email == former_email)
    db.session.execute(
        delete(Delivery).where(
            Delivery.thread_id.is_(None),
            Delivery.kind.in_((DeliveryKind.sign_in, DeliveryKind.invitation)),
            Delivery.subject_id.in_(links),
        )
    )
    db.session.execute(delete(SignInLink).where(SignInLink.email == former_email))
    db.session.execute(delete(OrganizationAddress).where(OrganizationAddress.email == former_email))
    db.session.execute(
        update(Message).where(Message.author_id == user.id).values(author_name=ERASED_NAME, author_picture=None)
    )
    db.session.execute(update(Event).where(Event.actor_id == user.id).values(actor_name=ERASED_NAME))
    db.session.execute(update(AuditEntry).where(AuditEntry.actor_id == user.id).values(actor_name=ERASED_NAME))
    db.session.execute(update(AuditEntry).where(AuditEntry.subject == former_email).values(subject=ERASED_NAME))
    _erase_name_in_events(user, former_name)
    for thread in db.session.scalars(select(Thread).where(Thread.user_id == user.id, Thread.ended_at.is_(None))):
        thread.ended_at, thread.nonce, thread.token_hash = clock.now(), None, None
    if user.is_team:
        db.session.execute(
            update(Ticket).where(Ticket.assignee_id == user.id, Ticket.closed_at.is_(None)).values(assignee_id=None)
        )
    user.role, user.organization_id = Role.requester, None
    user.email, user.name = f"erased-{user.id}@erased.invalid", ERASED_NAME
    user.picture_url = user.slack_user_id = user.time_zone = user.email_undeliverable_reason = None
    user.mail_replies = user.mail_updates = False
    user.deactivated_at = user.deactivated_at or clock.now()
    user.erased_at = clock.now()
    db.session.flush()
    audit_log.add_entry("erased a person", actor, f"person {user.id}", words=words)
    return keys


def start_erasing_organization(organization: Organization, *, actor: User) -> None:
    """Switch the portal off for ``organization`` at once; a job erases the rest in batches. Raises PermissionDenied."""
    permissions.ensure(permissions.can_administer(actor), "Only admins erase organizations.")
    organization.portal_enabled = False
    for table in (OrganizationDomain, OrganizationAddress):
        db.session.execute(delete(table).where(table.organization_id == organization.id))
    people = select(User.id).where(User.organization_id == organization.id)
    db.session.execute(delete(Session).where(Session.user_id.in_(people)))
    audit_log.add_entry("erased an organization", actor, organization.name, organization.id)
    jobs.enqueue_after_commit("erase_organization", organization.id)


def erase_organization_batch(organization: Organization | None) -> tuple[bool, list[str]]:
    """Erase one batch of its tickets, and after the last batch the organization itself.

    Returns whether more is left, and the keys of the files to delete after the commit. ``organization`` is None if it
    was erased already, since a job may run twice.
    """
    if organization is None:
        return False, []
    ids = list(db.session.scalars(select(Ticket.id).where(Ticket.organization_id == organization.id).limit(BATCH_SIZE)))
    if ids:
        return True, erase_tickets(ids)
    keys = _attachment_keys(Attachment.organization_id == organization.id)
    db.session.execute(delete(Attachment).where(Attachment.organization_id == organization.id))
    for user in db.session.scalars(select(User).where(User.organization_id == organization.id)):
        _erase_user_data(user)
    for channel in db.session.scalars(select(Channel).where(Channel.organization_id == organization.id)):
        db.session.execute(delete(Thread).where(Thread.channel_id == channel.id))
        db.session.delete(channel)
    for table in (Membership, FormOrganization):
        db.session.execute(delete(table).where(table.organization_id == organization.id))
    db.session.flush()
    db.session.delete(organization)
    db.session.flush()
    return False, keys


def delete_files(keys: list[str]) -> None:
    """Delete the files from the storage; to be called after the commit."""
    for key in keys:
        storage.delete(key)


def _erase_messages(user: User) -> list[str]:
    keys = _attachment_keys(Attachment.uploader_id == user.id)
    written = select(Message).where(Message.author_id == user.id, Message.deleted_at.is_(None)).order_by(Message.id)
    for message in db.session.scalars(written):
        outbox.fan_out_deletion(message)
        message.set_body("")
        message.deleted_at = clock.now()
        live_events.bump_version_and_publish(message.ticket, team_only=message.is_note)
    db.session.flush()
    messages = select(Message.id).where(Message.author_id == user.id)
    db.session.execute(delete(MessageRevision).where(MessageRevision.message_id.in_(messages)))
    db.session.execute(delete(Attachment).where(Attachment.uploader_id == user.id))
    db.session.execute(update(Message).where(Message.author_id == user.id).values(quoted=None))
    db.session.execute(update(Rating).where(Rating.user_id == user.id).values(comment=""))
    db.session.execute(update(Ticket).where(Ticket.requester_id == user.id).values(excerpt=""))
    filed = select(Ticket.id).where(Ticket.requester_id == user.id)
    db.session.execute(update(InboundEvent).where(InboundEvent.ticket_id.in_(filed)).values(payload={}, raw=None))
    mailed = (InboundEvent.source == "email") & (InboundEvent.payload["from"].as_string() == user.email)
    db.session.execute(delete(InboundEvent).where(mailed, InboundEvent.ticket_id.is_(None)))
    db.session.execute(update(InboundEvent).where(mailed).values(payload={}, raw=None))
    return keys


def _erase_name_in_events(user: User, name: str) -> None:
    """Replace ``name`` in the events about ``user`` as requester, as current or former follower, or as assignee."""
    named = or_(*(Event.data[key].as_string() == name for key in ("who", "old", "new")))
    events = select(Event).where(Event.kind.in_(("assigned", "followed", "unfollowed", "filed_for")), named)
    if not user.is_team:
        filed = select(Ticket.id).where(Ticket.requester_id == user.id)
        mailed = select(Thread.ticket_id).where(Thread.user_id == user.id)  # also of former followers
        events = events.where(Event.ticket_id.in_(filed.union(mailed)))
    for event in db.session.scalars(events):
        event.data = {key: ERASED_NAME if value == name else value for key, value in event.data.items()}


def erase_tickets(ids: list[int]) -> list[str]:
    """Erase the tickets with all their rows. Returns the keys of the files to delete after the commit."""
    keys = _attachment_keys(Attachment.ticket_id.in_(ids))
    threads = select(Thread.id).where(Thread.ticket_id.in_(ids))
    options = {"synchronize_session": False}
    db.session.execute(
        update(Message).where(Message.origin_thread_id.in_(threads)).values(origin_thread_id=None),
        execution_options=options,
    )
    for column in (Ticket.follows_id, Ticket.merged_into_id):
        db.session.execute(update(Ticket).where(column.in_(ids)).values({column: None}), execution_options=options)
    db.session.execute(
        update(InboundEvent).where(InboundEvent.ticket_id.in_(ids)).values(payload={}, raw=None),
        execution_options=options,
    )
    db.session.execute(delete(Ticket).where(Ticket.id.in_(ids)), execution_options=options)
    db.session.expire_all()
    return keys


def _erase_user_data(user: User) -> None:
    elsewhere = count_rows(
        Membership, Membership.user_id == user.id, Membership.organization_id != user.organization_id
    )
    user.organization_id = None
    if elsewhere:
        return
    for table in (Identity, Session, Membership, ReadReceipt):
        db.session.execute(delete(table).where(table.user_id == user.id))
    db.session.execute(delete(SignInLink).where(SignInLink.email == user.email))
    user.email, user.name, user.erased_at = f"erased-{user.id}@erased.invalid", ERASED_NAME, clock.now()
    user.picture_url = user.slack_user_id = None
    user.deactivated_at = user.deactivated_at or clock.now()


def _attachment_keys(condition: ColumnElement[bool]) -> list[str]:
    return list(db.session.scalars(select(Attachment.key).where(condition)))


def count_rows(table: type[Base], *conditions: ColumnElement[bool]) -> int:
    """The number of rows of ``table`` that meet all conditions."""
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
