"""Transfer of a ticket to another organization, with a preview of who will read what."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select, update

from helpdesk import clock, jobs, live_events
from helpdesk.domain import locking, outbox, tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import permissions
from helpdesk.domain.search_index import reindexing
from helpdesk.domain.sla import timers
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.follower import Follower
from helpdesk.models.form import Answer, Field
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.organization import Organization
from helpdesk.models.rating import Rating
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_list, gettext, ngettext, npgettext


@dataclass(frozen=True)
class TransferPreview:
    """The effects of a transfer: what the new organization will read, and who loses access.

    ``replies``, ``files``, ``answers``: how many; answers of its form that customers read. ``has_comment``: the former
    requester's rating has one. ``readers``: how many people of the new organization. ``channels``: labels of the
    channels that get a card. ``losers``: names of the people who lose access. ``stays_in``: labels of the channels that
    keep what was already sent.
    """

    replies: int
    files: int
    answers: int
    has_comment: bool
    readers: int
    channels: list[str]
    losers: list[str]
    stays_in: list[str]

    @property
    def sentences(self) -> list[str]:
        """The effects as sentences, for the confirmation page."""
        sentences = [
            ngettext(
                "%(num)s person of the new organization can then read %(counts)s.",
                "%(num)s people of the new organization can then read %(counts)s.",
                self.readers,
                counts=format_list(
                    [
                        npgettext("what is read", "%(num)s reply", "%(num)s replies", self.replies),
                        npgettext("what is read", "%(num)s file", "%(num)s files", self.files),
                    ]
                ),
            )
        ]
        if self.answers:
            sentences.append(
                ngettext(
                    "So does %(num)s answer in its form, filled in before the move.",
                    "So do %(num)s answers in its form, filled in before the move.",
                    self.answers,
                )
            )
        if self.has_comment:
            sentences.append(gettext("So does the comment with which the former requester rated it."))
        if self.channels:
            sentences.append(gettext("A card appears in %(names)s.", names=format_list(self.channels, "unit")))
        if self.losers:
            sentences.append(
                gettext(
                    "%(names)s can no longer open it and get no more mail about it.",
                    names=format_list(self.losers, "unit"),
                )
            )
        if self.stays_in:
            sentences.append(
                gettext(
                    "What was already sent to %(names)s stays there; nothing new goes there.",
                    names=format_list(self.stays_in, "unit"),
                )
            )
        return sentences


def preview_transfer(ticket: Ticket, organization: Organization) -> TransferPreview:
    """Return the effects of a transfer of ``ticket`` to ``organization``."""
    public = (Message.ticket_id == ticket.id, Message.kind == MessageKind.reply, Message.deleted_at.is_(None))
    people = select(User).where(
        User.organization_id == organization.id, User.deactivated_at.is_(None), User.ticket_visibility == "organization"
    )
    return TransferPreview(
        replies=db.session.scalars(select(func.count()).select_from(Message).where(*public)).one(),
        files=db.session.scalars(select(func.count()).select_from(Attachment).join(Message).where(*public)).one(),
        answers=db.session.scalars(
            select(func.count()).select_from(Answer).join(Field).where(*_readable_answers(ticket))
        ).one(),
        has_comment=bool(db.session.scalar(select(Rating.comment).where(Rating.ticket_id == ticket.id))),
        readers=db.session.scalars(select(func.count()).select_from(people.subquery())).one(),
        channels=[channel.label for channel in _customer_channels(organization.id)],
        losers=[user.display_name for user in _customers(ticket)],
        stays_in=[thread.channel.label for thread in _customer_threads(ticket) if thread.user_id is None],
    )


def transfer_ticket(ticket: Ticket, organization: Organization, *, requester: User, actor: User) -> Ticket:
    """Transfer ``ticket`` to ``organization``, with ``requester`` as its new requester.

    The former organization loses access and gets no more messages. Raises PermissionDenied, ValidationError and
    ConflictError.
    """
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_manage(actor, locked), gettext("Only the team moves tickets.")
    )
    requester = locking.share_user(requester)
    if requester.is_team or requester.organization_id != organization.id or not requester.is_active:
        raise ValidationError(
            gettext("Choose somebody of %(organization)s whom the ticket is for.", organization=organization.name),
            "requester",
        )
    if ticket.merged_into_id:
        raise ConflictError(gettext("This ticket is merged into another; move that one."))
    former = ticket.organization
    if former.id == organization.id:
        raise ConflictError(
            gettext("This ticket already is %(organization)s's.", organization=organization.name), "organization"
        )
    _end_customer_threads(ticket)
    former_requester_id = ticket.requester_id
    followers = db.session.scalars(select(Follower.user_id).where(Follower.ticket_id == ticket.id))
    live_events.publish_after_commit(*(f"user:{user_id}" for user_id in followers))  # closes their live streams
    customers = select(User.id).where(User.role == "requester")
    for model in (Follower, ReadReceipt):
        db.session.execute(delete(model).where(model.ticket_id == ticket.id, model.user_id.in_(customers)))
    db.session.flush()
    db.session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id)
        .values(organization_id=organization.id, requester_id=requester.id, form_token=None)
        .execution_options(synchronize_session=False)
    )
    topic = f"ticket:{ticket.id}"
    live_events.publish_after_commit(f"organization:{former.id}:{topic}", f"requester:{former_requester_id}:{topic}")
    live_events.publish_after_commit(f"end:{topic}")
    reindexing.reindex_tickets([ticket.id], db.session.connection())
    db.session.expire_all()
    tickets.add_event(ticket, "moved", actor, old=former.name, new=organization.name)
    ticket.updated_at = clock.now()
    _open_customer_threads(ticket)
    outbox.enqueue_card_update(ticket)
    timers.update_timers(ticket)
    live_events.bump_version_and_publish(ticket)
    webhooks.enqueue_ticket_changed(ticket, "moved", {"old": former.slug, "new": organization.slug})
    return ticket


def _readable_answers(ticket: Ticket) -> tuple[ColumnElement[bool], ...]:
    return Answer.ticket_id == ticket.id, Field.team_only.is_(False), Answer.text != ""


def _customer_threads(ticket: Ticket) -> list[Thread]:
    threads = (
        select(Thread)
        .join(Channel)
        .where(Thread.ticket_id == ticket.id, Thread.ended_at.is_(None), Channel.audience == "customer")
    )
    return list(db.session.scalars(threads.order_by(Thread.id)))


def _customer_channels(organization_id: int) -> list[Channel]:
    channels = select(Channel).where(
        Channel.audience == "customer",
        Channel.organization_id == organization_id,
        Channel.is_default,
        Channel.removed_at.is_(None),
    )
    return list(db.session.scalars(channels.order_by(Channel.id)))


def _customers(ticket: Ticket) -> list[User]:
    following = select(Follower.user_id).where(Follower.ticket_id == ticket.id)
    people = select(User).where((User.id == ticket.requester_id) | User.id.in_(following), User.role == "requester")
    return list(db.session.scalars(people.order_by(User.search_words, User.id)))


def _end_customer_threads(ticket: Ticket) -> None:
    ended = [thread for thread in _customer_threads(ticket) if thread.user is None or not thread.user.is_team]
    for thread in ended:
        thread.ended_at = clock.now()
        thread.nonce = thread.token_hash = None
    outbox.cancel_waiting([thread.id for thread in ended], gettext("The ticket was moved to another organization."))


def _open_customer_threads(ticket: Ticket) -> None:
    for channel in _customer_channels(ticket.organization_id):
        thread = Thread(ticket_id=ticket.id, organization_id=ticket.organization_id, channel=channel)
        db.session.add(thread)
        db.session.flush()
        jobs.enqueue_after_commit("deliver", outbox.enqueue_delivery(thread, DeliveryKind.card).id)
    outbox.open_mail_thread(ticket, ticket.requester)
