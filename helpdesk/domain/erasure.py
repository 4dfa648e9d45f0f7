"""Erasing a person, an organization, or what is old enough: what would go, as numbers, and letting it go.

Rows go in the caller's transaction; files only after it has committed (``erase_files``), because a store knows no way back.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from helpdesk import after_commit, clock, storage
from helpdesk.domain import audit, outbox, permissions, settings
from helpdesk.domain.errors import Conflict
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.desk import CannedReply, SavedView
from helpdesk.models.forms import FormOrganization
from helpdesk.models.integrations import ApiToken
from helpdesk.models.people import (
    AuditEntry,
    Identity,
    Membership,
    Organization,
    OrganizationAddress,
    OrganizationDomain,
    Role,
    User,
)
from helpdesk.models.sessions import Session, SignInLink
from helpdesk.models.sync import Delivery, Inbound
from helpdesk.models.tickets import (
    Attachment,
    Event,
    Follower,
    Message,
    MessageRevision,
    Rating,
    ReadMark,
    Status,
    Ticket,
)

NOBODY = "Erased person"
AT_ONCE = 200  # tickets


@dataclass(frozen=True)
class Preview:
    """How much would go: label and number of each kind of thing, and what cannot be reached, in sentences."""

    goes: list[tuple[str, int]]
    stays: list[str]


def preview_person(user: User) -> Preview:
    """What erasing ``user`` means."""
    return Preview(
        [
            ("Ways to sign in", _count(Identity, Identity.user_id == user.id)),
            ("Sessions", _count(Session, Session.user_id == user.id)),
            ("Messages", _count(Message, Message.author_id == user.id)),
            ("Files", _count(Attachment, Attachment.uploader_id == user.id)),
            ("Tickets that keep their place but lose the name", _count(Ticket, Ticket.requester_id == user.id)),
        ],
        [
            "Mail that has left stays in mailboxes.",
            "Copies in Slack are taken away where Slack lets us.",
            "The numbers in reports stay, without the name.",
        ],
    )


def preview_organization(organization: Organization) -> Preview:
    """What erasing ``organization`` means."""
    mine = organization.id
    return Preview(
        [
            ("Tickets", _count(Ticket, Ticket.organization_id == mine)),
            ("Messages", _count(Message, Message.organization_id == mine)),
            ("Files", _count(Attachment, Attachment.organization_id == mine)),
            ("People", _count(User, User.organization_id == mine)),
            ("Slack channels that are let go", _count(Channel, Channel.organization_id == mine)),
        ],
        ["Mail that has left stays in mailboxes.", "What stands in Slack stays in Slack.", "The audit trail stays."],
    )


def erase_person(user: User, *, actor: User, words: bool = True) -> list[str]:
    """Make ``user`` unrecognisable, and with ``words`` what they wrote unreadable. Returns the keys of files to erase after
    the commit. Raises Conflict for oneself and the last admin."""
    permissions.require(permissions.can_administer(actor), "Only admins erase people.")
    if user.id == actor.id:
        raise Conflict("You cannot erase yourself; another admin can.")
    if user.erased_at:
        return []
    former_name, former_email = user.display_name, user.email
    keys = _erase_words(user) if words else []
    for table in (Identity, Session, Membership, Follower, ReadMark, ApiToken):
        db.session.execute(delete(table).where(table.user_id == user.id))
    for table in (SavedView, CannedReply):
        db.session.execute(delete(table).where(table.owner_id == user.id))
    links = select(SignInLink.id).where(SignInLink.email == former_email)
    db.session.execute(
        delete(Delivery).where(
            Delivery.thread_id.is_(None), Delivery.kind.in_(("sign_in", "invitation")), Delivery.subject_id.in_(links)
        )
    )
    db.session.execute(delete(SignInLink).where(SignInLink.email == former_email))
    db.session.execute(delete(OrganizationAddress).where(OrganizationAddress.email == former_email))
    db.session.execute(
        update(Message).where(Message.author_id == user.id).values(author_name=NOBODY, author_picture=None)
    )
    db.session.execute(update(Event).where(Event.actor_id == user.id).values(actor_name=NOBODY))
    db.session.execute(update(AuditEntry).where(AuditEntry.actor_id == user.id).values(actor_name=NOBODY))
    db.session.execute(update(AuditEntry).where(AuditEntry.subject == former_email).values(subject=NOBODY))
    _forget_name_in_events(user, former_name)
    for thread in db.session.scalars(select(Thread).where(Thread.user_id == user.id, Thread.ended_at.is_(None))):
        thread.ended_at, thread.nonce, thread.token_hash = clock.now(), None, None
    if user.is_team:
        db.session.execute(
            update(Ticket).where(Ticket.assignee_id == user.id, Ticket.closed_at.is_(None)).values(assignee_id=None)
        )
    user.role, user.organization_id = Role.requester, None
    user.email, user.name = f"erased-{user.id}@erased.invalid", NOBODY
    user.picture_url = user.slack_user_id = user.time_zone = user.mail_dead_reason = None
    user.mail_replies = user.mail_updates = False
    user.deactivated_at = user.deactivated_at or clock.now()
    user.erased_at = clock.now()
    db.session.flush()
    audit.write("erased a person", actor, f"person {user.id}", words=words)
    return keys


def begin_erasing_organization(organization: Organization, *, actor: User) -> None:
    """Close the portal for it at once; the rest goes by job, some tickets at a time."""
    permissions.require(permissions.can_administer(actor), "Only admins erase organizations.")
    organization.portal_enabled = False
    for table in (OrganizationDomain, OrganizationAddress):
        db.session.execute(delete(table).where(table.organization_id == organization.id))
    people = select(User.id).where(User.organization_id == organization.id)
    db.session.execute(delete(Session).where(Session.user_id.in_(people)))
    audit.write("erased an organization", actor, organization.name, organization.id)
    after_commit.call_later("erase_organization", organization.id)


def erase_some(organization: Organization | None) -> tuple[bool, list[str]]:
    """Erase some of its tickets, and at the end itself. Returns whether more is left, and the keys of files to erase.

    None is one that is gone already, for a job that runs twice.
    """
    if organization is None:
        return False, []
    ids = list(db.session.scalars(select(Ticket.id).where(Ticket.organization_id == organization.id).limit(AT_ONCE)))
    if ids:
        return True, _erase_tickets(ids)
    keys = _keys(Attachment.organization_id == organization.id)
    db.session.execute(delete(Attachment).where(Attachment.organization_id == organization.id))
    for user in db.session.scalars(select(User).where(User.organization_id == organization.id)):
        _forget_member(user)
    for channel in db.session.scalars(select(Channel).where(Channel.organization_id == organization.id)):
        db.session.execute(delete(Thread).where(Thread.channel_id == channel.id))
        db.session.delete(channel)
    for table in (Membership, FormOrganization):
        db.session.execute(delete(table).where(table.organization_id == organization.id))
    db.session.flush()
    db.session.delete(organization)
    db.session.flush()
    return False, keys


def retain() -> tuple[bool, list[str]]:
    """Erase some tickets that closed longer ago than the setting ``retention_days``. Returns as ``erase_some``."""
    days = settings.get("retention_days")
    if not days:
        return False, []
    before = clock.now() - timedelta(days=days)
    old = select(Ticket.id).where(Ticket.status == Status.closed, Ticket.updated_at < before, Ticket.closed_at < before)
    ids = list(db.session.scalars(old.order_by(Ticket.updated_at).limit(AT_ONCE)))
    return len(ids) == AT_ONCE, _erase_tickets(ids) if ids else []


def expiring(days: int) -> int:
    """How many tickets would go now if they were kept for ``days``."""
    before = clock.now() - timedelta(days=days)
    return _count(Ticket, Ticket.status == Status.closed, Ticket.updated_at < before, Ticket.closed_at < before)


def erase_files(keys: list[str]) -> None:
    """Take the files away, after the rows are gone for good."""
    for key in keys:
        storage.erase(key)


def _erase_words(user: User) -> list[str]:
    keys = _keys(Attachment.uploader_id == user.id)
    mine = select(Message).where(Message.author_id == user.id, Message.deleted_at.is_(None)).order_by(Message.id)
    for message in db.session.scalars(mine):
        outbox.fan_out_deletion(message)
        message.write("")
        message.deleted_at = clock.now()
        after_commit.touch(message.ticket, team_only=message.is_note)
    db.session.flush()
    messages = select(Message.id).where(Message.author_id == user.id)
    db.session.execute(delete(MessageRevision).where(MessageRevision.message_id.in_(messages)))
    db.session.execute(delete(Attachment).where(Attachment.uploader_id == user.id))
    db.session.execute(update(Message).where(Message.author_id == user.id).values(quoted=None))
    db.session.execute(update(Rating).where(Rating.user_id == user.id).values(comment=""))
    db.session.execute(update(Ticket).where(Ticket.requester_id == user.id).values(excerpt=""))
    filed = select(Ticket.id).where(Ticket.requester_id == user.id)
    db.session.execute(update(Inbound).where(Inbound.ticket_id.in_(filed)).values(payload={}, raw=None))
    theirs = (Inbound.source == "email") & (Inbound.payload["from"].as_string() == user.email)
    db.session.execute(delete(Inbound).where(theirs, Inbound.ticket_id.is_(None)))
    db.session.execute(update(Inbound).where(theirs).values(payload={}, raw=None))
    return keys


def _forget_name_in_events(user: User, name: str) -> None:
    near = select(Ticket.id).where((Ticket.requester_id == user.id) | (Ticket.assignee_id == user.id))
    kinds = ("assigned", "followed", "unfollowed", "filed_for")
    for event in db.session.scalars(select(Event).where(Event.kind.in_(kinds), Event.ticket_id.in_(near))):
        if name in event.data.values():
            event.data = {key: NOBODY if value == name else value for key, value in event.data.items()}


def _erase_tickets(ids: list[int]) -> list[str]:
    keys = _keys(Attachment.ticket_id.in_(ids))
    threads = select(Thread.id).where(Thread.ticket_id.in_(ids))
    quietly = {"synchronize_session": False}
    db.session.execute(
        update(Message).where(Message.origin_thread_id.in_(threads)).values(origin_thread_id=None),
        execution_options=quietly,
    )
    for column in (Ticket.follows_id, Ticket.merged_into_id):
        db.session.execute(update(Ticket).where(column.in_(ids)).values({column: None}), execution_options=quietly)
    db.session.execute(
        update(Inbound).where(Inbound.ticket_id.in_(ids)).values(payload={}, raw=None), execution_options=quietly
    )
    db.session.execute(delete(Ticket).where(Ticket.id.in_(ids)), execution_options=quietly)
    db.session.expire_all()
    return keys


def _forget_member(user: User) -> None:
    elsewhere = _count(Membership, Membership.user_id == user.id, Membership.organization_id != user.organization_id)
    user.organization_id = None
    if elsewhere:
        return
    for table in (Identity, Session, Membership, ReadMark):
        db.session.execute(delete(table).where(table.user_id == user.id))
    db.session.execute(delete(SignInLink).where(SignInLink.email == user.email))
    user.email, user.name, user.erased_at = f"erased-{user.id}@erased.invalid", NOBODY, clock.now()
    user.picture_url = user.slack_user_id = None
    user.deactivated_at = user.deactivated_at or clock.now()


def _keys(condition) -> list[str]:
    return list(db.session.scalars(select(Attachment.key).where(condition)))


def _count(table, *conditions) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions))
