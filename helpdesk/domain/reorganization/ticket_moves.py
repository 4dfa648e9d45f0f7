"""Move the people and tickets of one organization to another after a mail domain moved there."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal, or_, select

from helpdesk.domain import background_jobs, locking
from helpdesk.domain.administration import audit_log, operations
from helpdesk.domain.errors import DomainError, ValidationError
from helpdesk.domain.people import permissions, users
from helpdesk.domain.reorganization import organization_merging
from helpdesk.domain.tickets import transfer
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.operation import Operation, OperationKind
from helpdesk.models.organization import Organization, OrganizationAddress, OrganizationDomain
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User
from helpdesk.translation import format_list, gettext, ngettext

BATCH_SIZE = 20  # tickets
MAX_REASONS = 50


@dataclass(frozen=True)
class MovePreview:
    """Whom and what moving concerns: ids of people and numbers of tickets, and the effects in sentences."""

    people: list[int]
    tickets: list[int]
    sentences: list[str]


def suggest_targets(organization: Organization) -> list[tuple[Organization, int]]:
    """The organizations that have the domains of people who moved away from ``organization``, with their number."""
    query = (
        select(OrganizationDomain.organization_id, func.count(func.distinct(User.id)))
        .where(User.email.like(literal("%@").concat(OrganizationDomain.domain)), _has_left(organization))
        .where(OrganizationDomain.organization_id != organization.id)
        .group_by(OrganizationDomain.organization_id)
        .order_by(OrganizationDomain.organization_id)
    )
    return [(db.session.get_one(Organization, number), count) for number, count in db.session.execute(query)]


def preview_move(source: Organization, target: Organization) -> MovePreview:
    """What moving does. Raises ValidationError and ConflictError."""
    organization_merging.ensure_mergeable(source, target)
    moving = select(User.id).where(_has_left(source), _is_admitted_by(target)).order_by(User.id)
    people = list(db.session.scalars(moving))
    tickets = list(db.session.scalars(_unmerged_tickets(source.id, moving).order_by(Ticket.id)))
    return MovePreview(people, tickets, _describe(source, target, people, tickets))


def start_moving(source: Organization, target: Organization, *, actor: User) -> Operation:
    """Make the people belong to ``target``, and let a job move their tickets. Raises PermissionDenied,
    ValidationError and ConflictError.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins move many tickets."))
    organization_merging.lock_organizations(source.id, target.id)
    preview = preview_move(source, target)
    if not preview.people:
        raise ValidationError(
            gettext(
                "Nobody of %(source)s has an address that %(target)s admits.", source=source.name, target=target.name
            ),
            "target",
        )
    for user_id in preview.people:
        user = users.get_user(user_id)
        if user is not None and user.organization_id != target.id:
            users.join_organization(user, target)
    operation = operations.start(
        OperationKind.move_tickets,
        source.id,
        target.id,
        actor=actor,
        total=len(preview.tickets),
        people=preview.people,
        tickets=preview.tickets,
        refused=[],
    )
    details = {"to": target.name, "tickets": len(preview.tickets), "people": len(preview.people)}
    audit_log.add_entry("moved people and tickets", actor, source.name, source.id, **details)
    background_jobs.enqueue_job(organization_merging.JOB, operation.id)
    return operation


def move_batch(operation: Operation) -> bool:
    """Move the next tickets; one that cannot be moved is recorded with the reason. Returns whether more are left.

    After the last one, what was filed from one of them before it moved (a follow-up, a split) is looked for.
    """
    numbers = operation.data["tickets"][operation.done : operation.done + BATCH_SIZE]
    target, actor = db.session.get(Organization, operation.target_id), operation.actor
    refused = list(operation.data["refused"])
    for ticket in locking.lock_tickets(numbers):
        if ticket.organization_id != operation.source_id:
            continue  # moved by a person, or by an earlier run
        if target is None or actor is None:
            refused.append([ticket.id, gettext("The organization, or whoever began this, was erased meanwhile.")])
            continue
        try:
            with db.session.begin_nested():
                transfer.transfer_ticket(ticket, target, requester=ticket.requester, actor=actor)
        except DomainError as error:
            refused.append([ticket.id, error.message])
    operation.data = operation.data | {"refused": refused[:MAX_REASONS]}
    operation.done += len(numbers)
    if operation.done >= operation.total and (late := _find_late(operation)):
        operation.data = operation.data | {"tickets": [*operation.data["tickets"], *late]}
        operation.total += len(late)
    return operation.done < operation.total


def _find_late(operation: Operation) -> list[int]:
    """The tickets of the people who move that were filed in the former organization since the move began."""
    known = operation.data["tickets"]
    theirs = _unmerged_tickets(operation.source_id, operation.data.get("people", []))
    return list(db.session.scalars(theirs.where(Ticket.id.not_in(known)).order_by(Ticket.id)))


def _unmerged_tickets(source_id: int, people: Sequence[int] | Select[int]) -> Select[int]:
    filed = Ticket.organization_id == source_id, Ticket.requester_id.in_(people), Ticket.merged_into_id.is_(None)
    return select(Ticket.id).where(*filed)


def _has_left(organization: Organization) -> ColumnElement[bool]:
    """Customers of ``organization``, or with tickets there, who have neither a domain nor a listed address of it."""
    filed = select(Ticket.requester_id).where(Ticket.organization_id == organization.id)
    return and_(
        User.role == Role.requester,
        User.deactivated_at.is_(None),
        or_(User.organization_id == organization.id, User.id.in_(filed)),
        ~_has_domain(organization),
        ~_is_listed(organization),
    )


def _is_admitted_by(organization: Organization) -> ColumnElement[bool]:
    if not organization.portal_enabled:
        return false()
    listed = _is_listed(organization)
    return listed if organization.allowlist_only else or_(listed, _has_domain(organization))


def _has_domain(organization: Organization) -> ColumnElement[bool]:
    matches = User.email.like(literal("%@").concat(OrganizationDomain.domain))
    return exists().where(OrganizationDomain.organization_id == organization.id, matches).correlate(User)


def _is_listed(organization: Organization) -> ColumnElement[bool]:
    listed = OrganizationAddress.organization_id == organization.id, OrganizationAddress.email == User.email
    return exists().where(*listed).correlate(User)


def _describe(source: Organization, target: Organization, people: list[int], tickets: list[int]) -> list[str]:
    public = Message.ticket_id.in_(tickets), Message.kind == MessageKind.reply, Message.deleted_at.is_(None)
    replies = db.session.scalar(select(func.count()).select_from(Message).where(*public)) or 0
    sees_all = (
        User.organization_id == target.id,
        User.deactivated_at.is_(None),
        User.ticket_visibility == "organization",
    )
    readers = db.session.scalar(select(func.count()).select_from(User).where(*sees_all)) or 0
    default = Channel.organization_id == target.id, Channel.is_default, Channel.removed_at.is_(None)
    channels = [channel.label for channel in db.session.scalars(select(Channel).where(*default))]
    sentences = [
        ngettext(
            "%(num)s person whose address %(target)s admits, and %(source)s does not, becomes %(target)s’s.",
            "%(num)s people whose address %(target)s admits, and %(source)s does not, become %(target)s’s.",
            len(people),
            target=target.name,
            source=source.name,
        ),
        gettext(
            "What moves with them: %(counts)s.",
            counts=format_list(
                [
                    ngettext("%(num)s ticket", "%(num)s tickets", len(tickets)),
                    ngettext("%(num)s reply", "%(num)s replies", replies),
                ]
            ),
        ),
        ngettext(
            "%(num)s person of %(target)s can then read them.",
            "%(num)s people of %(target)s can then read them.",
            readers,
            target=target.name,
        ),
        gettext(
            "Nobody else of %(source)s can read them any more; what was sent to its Slack channel stays there.",
            source=source.name,
        ),
    ]
    if channels and tickets:
        sentences.append(gettext("Each ticket gets a card in %(names)s.", names=format_list(channels)))
    return [*sentences, gettext("Moving cannot be undone as a whole; a single ticket can be moved back from its page.")]
