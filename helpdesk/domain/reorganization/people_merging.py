"""Merge two customers who are the same person: what one filed and wrote becomes the other's, and can be given back."""

from typing import Any

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.orm import aliased

from helpdesk import clock, live_events
from helpdesk.domain import locking, outbox
from helpdesk.domain.administration import audit_log, operations
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import addresses, admission, changes, permissions, session_revocation, users
from helpdesk.domain.people.name_conditions import ORGANIZATIONS_BY_NAME
from helpdesk.domain.privacy import erase_content
from helpdesk.domain.reorganization import references
from helpdesk.extensions import db
from helpdesk.models.follower import Follower
from helpdesk.models.message import Message
from helpdesk.models.operation import Operation, OperationKind, OperationState
from helpdesk.models.organization import Organization
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User, UserAlias
from helpdesk.translation import format_list, gettext, ngettext

# What stays with the account: proofs of who signed in, and the record of what was done.
NOT_MOVED = (
    "sessions",
    "authenticators",
    "recovery_codes",
    "passkeys",
    "passkey_challenges",
    "api_tokens",
    "audit_entries",
    "operations",
    "user_aliases",
)
MERGED_ADDRESS = "merged-{}@merged.invalid"


def preview_merge(source: User, target: User) -> list[str]:
    """What merging ``source`` into ``target`` does, in sentences. Raises ValidationError and ConflictError."""
    _ensure_mergeable(source, target)
    tickets = _count(Ticket, Ticket.requester_id == source.id)
    messages = _count(Message, Message.author_id == source.id)
    sentences = [
        gettext(
            "What moves from %(source)s to %(target)s: %(counts)s.",
            source=source.email,
            target=target.display_name,
            counts=format_list(
                [
                    ngettext("%(num)s ticket", "%(num)s tickets", tickets),
                    ngettext("%(num)s message", "%(num)s messages", messages),
                ]
            ),
        ),
        gettext(
            "%(target)s (%(email)s) can then read them and gets the mails about them.",
            target=target.display_name,
            email=target.email,
        ),
    ]
    for name, number, is_readable in _count_tickets_elsewhere(source, target):
        values = {"name": name, "email": target.email}
        sentences.append(
            ngettext(
                "%(num)s ticket at %(name)s is read there by choosing that organization.",
                "%(num)s tickets at %(name)s are read there by choosing that organization.",
                number,
                **values,
            )
            if is_readable
            else ngettext(
                "%(num)s ticket at %(name)s is read there: %(name)s does not admit %(email)s.",
                "%(num)s tickets at %(name)s are read there: %(name)s does not admit %(email)s.",
                number,
                **values,
            )
        )
    sentences.append(
        gettext(
            "%(email)s becomes another address of %(target)s: mail from it is theirs.",
            email=source.email,
            target=target.display_name,
        )
    )
    admitting = {each.id for each in admission.admitting_organizations(source.email)}
    if admitting & {each.id for each in admission.admitting_organizations(target.email)}:
        sentences.append(
            gettext("They can sign in with %(email)s and with %(email_2)s.", email=source.email, email_2=target.email)
        )
    else:
        sentences.append(
            gettext(
                "They sign in with %(email)s only, since their organization does not admit the other.",
                email=target.email,
            )
        )
    sentences.append(
        gettext(
            "%(source)s (%(email)s) is signed out everywhere and no longer listed.",
            source=source.display_name,
            email=source.email,
        )
    )
    return sentences


def merge_people(source: User, target: User, *, actor: User) -> Operation:
    """Make everything of ``source`` belong to ``target``; the address of ``source`` becomes an alias.

    Raises PermissionDenied, ValidationError and ConflictError.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins merge people."))
    erase_content.lock_everything_of(source)
    erase_content.lock_everything_of(target)
    _ensure_mergeable(source, target)
    affected = _list_affected(source)
    data: dict[str, Any] = {
        "email": source.email,
        "organization": source.organization_id,
        "was_active": source.is_active,
        "follower": _end_double_follows(source, target),
        "ended_threads": _end_double_threads(source, target),
        "slack_moved": bool(source.slack_user_id and not target.slack_user_id),
    }
    moved = references.move_rows(_columns(), source.id, target.id)
    moved_aliases = [alias.id for alias in db.session.scalars(select(UserAlias).where(UserAlias.user_id == source.id))]
    db.session.execute(update(UserAlias).where(UserAlias.user_id == source.id).values(user_id=target.id))
    email = data.pop("email")
    slack_user_id, source.slack_user_id = source.slack_user_id, None
    session_revocation.revoke_user_sessions(source)
    addresses.invalidate_links(email)
    source.email, source.merged_into_id = MERGED_ADDRESS.format(source.id), target.id
    source.deactivated_at, source.organization_id = source.deactivated_at or clock.now(), None
    db.session.flush()
    if data["slack_moved"]:
        target.slack_user_id = slack_user_id
    alias = addresses.add_alias(target, email)
    operation = operations.start(
        OperationKind.merge_people,
        source.id,
        target.id,
        actor=actor,
        **data,
        moved=moved,
        alias=alias.id,
        aliases=moved_aliases,
    )
    operations.finish(operation)
    _announce(affected)
    changes.notify_listeners("merged", target, merged=email)
    audit_log.add_entry(
        "merged people", actor, target.email, target.organization_id, merged=email, tickets=len(affected)
    )
    return operation


def undo_merge(operation: Operation, *, actor: User) -> None:
    """Give back what was moved and is unchanged since; what came later stays. Raises PermissionDenied and
    ConflictError.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins undo this."))
    source, target = users.get_user(operation.source_id), users.get_user(operation.target_id or 0)
    if source is None or target is None or source.merged_into_id != target.id or target.erased_at:
        raise ConflictError(gettext("This cannot be undone: one of the two was erased or merged again."))
    erase_content.lock_everything_of(target)
    data = operation.data
    alias = db.session.get(UserAlias, data["alias"])
    if alias is None or alias.user_id != target.id:
        raise ConflictError(gettext("This cannot be undone: the address was removed or belongs to somebody else."))
    email = alias.email
    db.session.delete(alias)
    db.session.flush()
    references.return_rows(data["moved"], source.id, target.id)
    returned = UserAlias.id.in_(data["aliases"]), UserAlias.user_id == target.id
    db.session.execute(update(UserAlias).where(*returned).values(user_id=source.id))
    if data["slack_moved"]:
        source_slack, target.slack_user_id = target.slack_user_id, None
        db.session.flush()
        source.slack_user_id = source_slack
    organization = db.session.get(Organization, data["organization"]) if data["organization"] else None
    source.email, source.merged_into_id, source.organization = email, None, organization
    source.deactivated_at = None if data["was_active"] else source.deactivated_at
    db.session.execute(
        update(Thread).where(Thread.id.in_(data["ended_threads"]), Thread.user_id == source.id).values(ended_at=None)
    )
    db.session.flush()
    db.session.add_all(Follower(ticket_id=number, user_id=source.id) for number in _still_there(data["follower"]))
    for user in (source, target):
        addresses.update_search_words(user)
        live_events.publish_after_commit(f"user:{user.id}")
    operations.finish(operation, OperationState.undone)
    _announce(_list_affected(source))
    audit_log.add_entry("undid merging people", actor, target.email, target.organization_id, restored=email)


def _ensure_mergeable(source: User, target: User) -> None:
    if source.id == target.id:
        raise ValidationError(gettext("Choose another person; these are the same already."), "email")
    for user in (source, target):
        if user.is_team:
            raise ValidationError(
                gettext("%(user)s is of the team. Only customers are merged.", user=user.display_name), "email"
            )
        if user.erased_at or user.merged_into_id:
            raise ConflictError(gettext("One of the two was erased or merged meanwhile."), "email")
    if not target.is_active:
        raise ConflictError(
            gettext("%(target)s is deactivated. Activate them first.", target=target.display_name), "email"
        )


def _columns() -> list[Any]:
    return references.list_columns("users", except_for=NOT_MOVED)


def _end_double_follows(source: User, target: User) -> list[int]:
    """Let ``source`` no longer follow what ``target`` follows or filed. Returns the numbers of the tickets."""
    of_target = select(Follower.ticket_id).where(Follower.user_id == target.id)
    filed = select(Ticket.id).where(Ticket.requester_id == target.id)
    double = Follower.user_id == source.id, Follower.ticket_id.in_(of_target.union(filed))
    numbers = list(db.session.scalars(select(Follower.ticket_id).where(*double)))
    db.session.execute(delete(Follower).where(*double), execution_options={"synchronize_session": "fetch"})
    return numbers


def _end_double_threads(source: User, target: User) -> list[int]:
    """End the mails to ``source`` about tickets that ``target`` gets mails about. Returns the ids of the threads.

    Their reply addresses stay valid, so that an answer to an earlier mail still arrives.
    """
    other = aliased(Thread)
    same = and_(other.ticket_id == Thread.ticket_id, other.user_id == target.id, other.ended_at.is_(None))
    double = Thread.user_id == source.id, Thread.ended_at.is_(None), select(other.id).where(same).exists()
    ids = list(db.session.scalars(select(Thread.id).where(*double)))
    db.session.execute(
        update(Thread).where(Thread.id.in_(ids)).values(ended_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
    outbox.cancel_waiting(ids, gettext("The person was merged into another, who gets this mail."))
    return ids


def _list_affected(user: User) -> list[int]:
    return list(db.session.scalars(erase_content.select_affected_tickets(user)))


def _still_there(numbers: list[int]) -> list[int]:
    return list(db.session.scalars(select(Ticket.id).where(Ticket.id.in_(numbers))))


def _announce(numbers: list[int]) -> None:
    """Update open pages, lists and cards of the tickets."""
    for ticket in locking.lock_tickets(numbers):
        live_events.bump_version_and_publish(ticket)
        if not ticket.is_closed:
            outbox.enqueue_card_update(ticket)


def _count_tickets_elsewhere(source: User, target: User) -> list[tuple[str, int, bool]]:
    """The tickets of ``source`` at organizations that are not the current one of ``target``: the organization's name,
    their number, and whether it admits ``target``.
    """
    admitting = {organization.id for organization in admission.admitting_organizations(target.email)}
    rows = db.session.execute(
        select(Organization.id, Organization.name, func.count())
        .join(Ticket, Ticket.organization_id == Organization.id)
        .where(Ticket.requester_id == source.id)
        .where(Organization.id.is_distinct_from(target.organization_id))
        .group_by(Organization.id, Organization.name, Organization.search_words)
        .order_by(*ORGANIZATIONS_BY_NAME)
    )
    return [(name, number, organization_id in admitting) for organization_id, name, number in rows]


def _count(table: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
