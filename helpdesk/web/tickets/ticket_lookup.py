"""Load one ticket through what the signed-in person may see. Every view of a ticket starts here."""

from dataclasses import dataclass
from typing import Any, ClassVar

from flask import abort
from sqlalchemy import Select, and_, bindparam, exists, select
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from helpdesk.database import transactions
from helpdesk.database.built_once import built_once
from helpdesk.database.loaded_rows import LoadedColumns, relate
from helpdesk.database.row_ids import is_id
from helpdesk.domain import locking
from helpdesk.domain.notifications import inbox
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.qa_review import QaReview
from helpdesk.models.rating import Rating
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.sla import SlaTimer
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.web.middleware import authentication
from helpdesk.web.tickets import agent_sidebar

TICKET_URL_PREFIX = "/tickets/<int:number>"

_requester, _assignee = aliased(User), aliased(User)
# What no page of a ticket reads of people. Without it the statement has less than the 4,096 characters up to which the
# driver keeps a statement that it converted.
LEFT_OUT = (
    *("notes", "search_words", "slack_user_id", "mail_replies", "mail_updates", "mail_failures", "chat_notifications"),
    *("quiet_from", "quiet_until", "notification_channels", "mail_rhythm", "last_seen_at", "email_verified_at"),
)
_requester_columns, _assignee_columns = (
    LoadedColumns(User, each, without=LEFT_OUT) for each in (_requester, _assignee)
)
_ticket_columns = {False: LoadedColumns(Ticket), True: LoadedColumns(Ticket, also=("tag_text",))}  # by: for the team
_rating_columns, _review_columns, _organization_columns, _timer_columns = (
    LoadedColumns(model) for model in (Rating, QaReview, Organization, SlaTimer)
)
NAMED_PEOPLE_QUERY = (
    select(User, Organization)
    .join(Organization, Organization.id == bindparam("organization_id"))
    .where(User.id == bindparam("requester_id"))
)


def get_ticket_or_404(number: int) -> Ticket:
    """The ticket with this number, if the signed-in person may see it; else 404, as if it did not exist."""
    user = authentication.get_current_user()
    if not is_id(number) or not user.is_active:
        abort(404)
    parameters = {"number": number, "reader_id": user.id, "reader_organization_id": user.organization_id}
    rows = transactions.execute_core(_ticket_query(user.is_team, user.ticket_visibility), parameters).all()
    if not rows:
        abort(404)
    ticket, others = _ticket_columns[user.is_team].take(rows[0])
    requester, others = _requester_columns.take(others)
    assignee, others = _assignee_columns.take(others)
    rating, (read_seq, has_notified_reader, *others) = _rating_columns.take(others)
    relate(ticket, "requester", requester)
    relate(ticket, "assignee", assignee)
    ticket.read_seq, ticket.rating, ticket.delivery_status_read = read_seq or 0, rating, None
    ticket.has_notified_reader = has_notified_reader
    if user.is_team:
        ticket.has_links, ticket.has_canned_replies, *others = others
        ticket.review, others = _review_columns.take(others)
        organization, others = _organization_columns.take(others)
        relate(ticket, "organization", organization)
        timers = (_timer_columns.take(row[-len(others) :])[0] for row in rows)
        relate(ticket, "sla_timers", [timer for timer in timers if timer is not None])
    else:
        (ticket.has_merged,) = others
    return ticket


def get_ticket_to_change_or_404(number: int) -> Ticket:
    """Return the ticket as ``get_ticket_or_404`` does, without what only the ticket's page reads.

    The change itself locks the ticket and checks the permission again.
    """
    user = authentication.get_current_user()
    if not is_id(number) or not user.is_active:
        abort(404)
    parameters = {"number": number, "reader_id": user.id, "reader_organization_id": user.organization_id}
    ticket = db.session.scalars(_visible_ticket_query(user.is_team, user.ticket_visibility), parameters).first()
    return ticket if ticket is not None else abort(404)


def get_locked_ticket_or_404(number: int) -> Ticket:
    """Return the ticket as ``get_ticket_to_change_or_404`` does, locked if it is free and was not merged."""
    user = authentication.get_current_user()
    if is_id(number) and user.is_active:
        parameters = {"number": number, "reader_id": user.id, "reader_organization_id": user.organization_id}
        ticket = locking.lock_free_ticket(_free_ticket_query(user.is_team, user.ticket_visibility), parameters)
        if ticket is not None:
            return ticket
    return get_ticket_to_change_or_404(number)


def load_named_people(ticket: Ticket) -> Ticket:
    """Return ``ticket`` with its requester and organization, in one query. A customer's own came with their session."""
    user = authentication.get_current_user()
    if user.is_team:
        parameters = {"requester_id": ticket.requester_id, "organization_id": ticket.organization_id}
        requester, organization = db.session.execute(NAMED_PEOPLE_QUERY, parameters).one()
        set_committed_value(ticket, "requester", requester)
        set_committed_value(ticket, "organization", organization)
    return ticket


@dataclass(frozen=True)
class ReaderParameters:
    """A placeholder for all readers of one kind, so that the query of what they may see is built once for all."""

    is_team: bool
    ticket_visibility: str
    is_active = True
    id: ClassVar[Any] = bindparam("reader_id")
    organization_id: ClassVar[Any] = bindparam("reader_organization_id")


@built_once()
def _visible_ticket_query(is_team: bool, ticket_visibility: str) -> Select[Ticket]:
    """The ticket alone, if the reader may see it. Cached per kind of reader."""
    return permissions.visible_tickets(ReaderParameters(is_team, ticket_visibility)).where(
        Ticket.id == bindparam("number")
    )


@built_once()
def _free_ticket_query(is_team: bool, ticket_visibility: str) -> Select[Ticket]:
    """The ticket alone, locked; for a customer with its assignee, who is notified of what they write."""
    query = locking.locks_free_ticket(_visible_ticket_query(is_team, ticket_visibility))
    return query if is_team else query.options(joinedload(Ticket.assignee))


@built_once()
def _ticket_query(is_team: bool, ticket_visibility: str) -> Select[*tuple[Any, ...]]:
    """The ticket with everything that its page reads, and how far the reader has read it. Cached per kind of reader.

    A row for each of its timers if the team reads it, else one. A customer's organization came with their session.
    """
    reader = ReaderParameters(is_team, ticket_visibility)
    is_own_receipt = and_(ReadReceipt.ticket_id == Ticket.id, ReadReceipt.user_id == reader.id)
    has_notified_reader = inbox.unread_condition(reader.id, Ticket.id)
    people = (*_requester_columns.columns, *_assignee_columns.columns)
    query = (
        _visible_ticket_query(is_team, ticket_visibility)
        .with_only_columns(*_ticket_columns[is_team].columns, *people, *_rating_columns.columns, ReadReceipt.seq)
        .add_columns(has_notified_reader.label("has_notified_reader"))
        .join(_requester, _requester.id == Ticket.requester_id)
        .outerjoin(_assignee, _assignee.id == Ticket.assignee_id)
        .outerjoin(Rating, Rating.ticket_id == Ticket.id)
        .outerjoin(ReadReceipt, is_own_receipt)
    )
    if is_team:
        return (
            query.add_columns(*agent_sidebar.EXISTENCE_COLUMNS, *_review_columns.columns)
            .add_columns(*_organization_columns.columns, *_timer_columns.columns)
            .outerjoin(QaReview, QaReview.ticket_id == Ticket.id)
            .join(Organization, Organization.id == Ticket.organization_id)
            .outerjoin(SlaTimer, SlaTimer.ticket_id == Ticket.id)
        )
    merged = aliased(Ticket)
    return query.add_columns(exists().where(merged.merged_into_id == Ticket.id).label("has_merged"))
