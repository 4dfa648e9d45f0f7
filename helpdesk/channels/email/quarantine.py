"""Mails in quarantine, which wait for a decision of the team: they could not be parsed, or not everything about them
was proven.
"""

import dataclasses
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from helpdesk import clock, live_events, storage
from helpdesk.channels import email
from helpdesk.channels.email import quarantine_summary, trusted_senders
from helpdesk.channels.email import settings as mail_settings
from helpdesk.channels.email.handlers import create_ticket, folded_text, message_content, sender_checks
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.database import transactions
from helpdesk.database.row_ids import is_id
from helpdesk.domain import inbox, tickets
from helpdesk.domain.authentication import signed_links
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.inbox import contents
from helpdesk.domain.people import admission, permissions, users
from helpdesk.extensions import db
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext

PAGE_SIZE = 50
MAX_COUNT = 99  # more is not counted
MAX_RAW_LENGTH = 200_000  # bytes of the raw mail on the page; all of it can be downloaded
DISCARD_BATCH_SIZE = 500
_TARGET = "quarantine {}"

_IS_WAITING, _IS_AUTOMATIC = quarantine_summary.IS_WAITING, quarantine_summary.IS_AUTOMATIC
_SENDER_CONDITIONS = {True: _IS_AUTOMATIC, False: ~_IS_AUTOMATIC}
_COUNT_QUERIES = {
    automatic: select(func.count()).select_from(
        select(InboundEvent.id).where(_IS_WAITING, sent_by).limit(MAX_COUNT + 1).subquery()
    )
    for automatic, sent_by in _SENDER_CONDITIONS.items()
}
COUNT_QUERY = _COUNT_QUERIES[False]  # for a statement that counts the waiting mails with something else


@dataclass(frozen=True)
class QuarantinedMail:
    """One mail for its page. ``sender`` is the user with its From address, which the mail need not prove.

    ``requester``: the address of whom a ticket of it is probably for.
    """

    inbound: InboundEvent
    heard: ParsedMail
    sender: User | None
    requester: str
    ticket: Ticket | None
    raw: str
    is_cut: bool


def list_waiting(automatic: bool = False, before: int | None = None) -> list[InboundEvent]:
    """List the newest waiting mails, at most one more than PAGE_SIZE; automatic mails and people's mails separately."""
    mails = select(InboundEvent).where(_IS_WAITING, _SENDER_CONDITIONS[automatic])
    if before is not None:
        mails = mails.where(InboundEvent.id < before)
    return list(db.session.scalars(mails.order_by(InboundEvent.id.desc()).limit(PAGE_SIZE + 1)))


def count_waiting(automatic: bool = False) -> int:
    """Count the waiting mails, up to MAX_COUNT + 1."""
    return transactions.execute_core(_COUNT_QUERIES[automatic]).scalar_one()


def find_waiting(inbound_id: int) -> InboundEvent | None:
    """Return the waiting mail with this id, its raw bytes loaded."""
    if not is_id(inbound_id):
        return None
    return db.session.scalar(
        select(InboundEvent).where(InboundEvent.id == inbound_id, _IS_WAITING).options(undefer(InboundEvent.raw))
    )


def load_details(inbound: InboundEvent) -> QuarantinedMail:
    """Return the values of the mail's page; everything in it is unproven text."""
    raw = inbox.load_raw(inbound) or b""
    mail = parse_mail(raw)
    return QuarantinedMail(
        inbound=inbound,
        heard=mail,
        sender=trusted_senders.find_person(mail.author_id),
        requester=sender_checks.find_original_author(mail) or mail.author_id,
        ticket=db.session.get(Ticket, inbound.ticket_id) if inbound.ticket_id else None,
        raw=raw[:MAX_RAW_LENGTH].decode("utf-8", "replace").replace("\x00", "�"),
        is_cut=len(raw) > MAX_RAW_LENGTH,
    )


def prepare(inbound: InboundEvent) -> ParsedMail:
    """Parse the mail and store its files, for one of the functions below. Rolls back first: a large mail takes seconds,
    during which no other writer may wait.
    """
    raw, target = inbox.load_raw(inbound) or b"", _target_of(inbound)
    settings = _parsing_settings()
    db.session.rollback()
    mail = email.parse_mail(raw, settings)[0]
    message_content.write_files(mail, target)
    return mail


def discard_prepared(inbound_id: int, mail: ParsedMail) -> None:
    """Delete the files of a prepared mail that nothing was made of. Rolls back first, as ``prepare`` does."""
    keys = message_content.list_keys(mail, _TARGET.format(inbound_id))
    db.session.rollback()
    for key in keys:
        storage.delete(key)


def attach_to_ticket(
    inbound: InboundEvent,
    ticket: Ticket,
    *,
    mail: ParsedMail,
    actor: User,
    as_reply: bool = False,
    author: User | None = None,
) -> Message:
    """Add the prepared ``mail`` to ``ticket``: as a note of ``actor``'s, or as its sender's own reply, which all
    participants read. ``author``: whose reply it is, if not the person with its From address.

    Raises ValidationError where the sender may not reply on that ticket, ConflictError where somebody was quicker or
    the ticket is closed.
    """
    inbound = _lock_waiting(inbound, actor)
    content = message_content.make_content(mail)
    sender = author or trusted_senders.find_person(mail.author_id)
    uploader = sender if as_reply else actor
    if as_reply and (sender is None or sender.is_team or not admission.can_receive_mail(sender, ticket)):
        raise ValidationError(gettext("Its sender may not reply on this ticket. Attach it as a note instead."), "as")
    files = message_content.build_attachments(mail, content, _target_of(inbound), uploader, ticket.organization_id)
    if as_reply:
        message = tickets.reply(ticket, author=sender, body=content.body or _files_only_text(files), attachments=files)
    else:
        message = tickets.add_note(ticket, author=actor, body=_quote_mail(mail, content.body), attachments=files)
    folded_text.store_quote(message, mail, content.quoted)
    values = {"number": ticket.number, "agent": actor.display_name}
    sentence = (
        gettext("Put on #%(number)s as the sender's reply by %(agent)s.", **values)
        if as_reply
        else gettext("Put on #%(number)s as a note by %(agent)s.", **values)
    )
    _mark_done(inbound, sentence, message.ticket_id)
    return message


def create_ticket_from_mail(
    inbound: InboundEvent, *, mail: ParsedMail, requester_email: str, subject: str, actor: User
) -> Ticket:
    """Create a ticket from the prepared ``mail`` for ``requester_email``: a customer, or somebody whom an organization
    admits.

    Raises ValidationError with a sentence for an address that is neither, ConflictError where somebody was quicker.
    """
    inbound = _lock_waiting(inbound, actor)
    requester, organization_id = _find_requester(users.canonical_email(requester_email, "requester"))
    content = message_content.make_content(mail)
    files = message_content.build_attachments(mail, content, _target_of(inbound), requester, organization_id)
    ticket = tickets.create_ticket(
        requester=requester,
        organization_id=organization_id,
        filed_by=actor,
        subject=subject.strip() or create_ticket.make_subject(mail),
        body=create_ticket.make_body(mail, content) or _files_only_text(files),
        attachments=files,
    )
    folded_text.store_quote(ticket.messages[0], mail, content.quoted)
    _mark_done(
        inbound,
        gettext("Made into #%(number)s by %(agent)s.", number=ticket.number, agent=actor.display_name),
        ticket.id,
    )
    return ticket


def discard_mail(inbound: InboundEvent, *, actor: User) -> None:
    """Discard the mail: its bytes are deleted, and only who sent it, its subject and this decision stay."""
    inbound = _lock_waiting(inbound, actor)
    inbound.state = "ignored"
    contents.delete_raw(inbound)
    discarded = gettext("Discarded by %(agent)s.", agent=actor.display_name)
    inbound.result = f"{inbound.result or ''} {discarded}".strip()
    inbound.finished_at = clock.now()
    live_events.publish_after_commit("desk")


def discard_automatic(up_to: int, *, actor: User) -> int:
    """Discard automatic mails, up to the newest one that ``actor`` saw. Returns how many."""
    permissions.ensure(actor.is_team and actor.is_active, gettext("Only the team can do this."))
    ids = (
        select(InboundEvent.id)
        .where(_IS_WAITING, _IS_AUTOMATIC, InboundEvent.id <= up_to)
        .order_by(InboundEvent.id)
        .limit(DISCARD_BATCH_SIZE)
    )
    result = func.coalesce(InboundEvent.result, "") + " " + gettext("Discarded by %(agent)s.", agent=actor.display_name)
    chosen = InboundEvent.id.in_(list(db.session.scalars(ids)))
    contents.delete_parts(chosen & _IS_WAITING)
    discarded = db.session.execute(
        update(InboundEvent)
        .where(chosen, _IS_WAITING)
        .values(state="ignored", raw=None, content_key=None, finished_at=clock.now(), result=result)
        .execution_options(synchronize_session=False)
    )
    live_events.publish_after_commit("desk")
    return discarded.rowcount


def parse_mail(raw: bytes) -> ParsedMail:
    """Parse the mail again, without asking the DNS who sent it."""
    return email.parse_mail(raw, _parsing_settings())[0]


def _parsing_settings() -> mail_settings.IncomingMailSettings:
    incoming = mail_settings.incoming_mail_settings(signed_links.list_installation_ids())
    return dataclasses.replace(incoming, verify_ourselves=False, asks_policies=False)


def _target_of(inbound: InboundEvent) -> str:
    """Name what becomes of the mail, from which the keys of its files are derived."""
    return _TARGET.format(inbound.id)


def _lock_waiting(inbound: InboundEvent, actor: User) -> InboundEvent:
    permissions.ensure(actor.is_team and actor.is_active, gettext("Only the team can do this."))
    waits = select(InboundEvent).where(InboundEvent.id == inbound.id, _IS_WAITING).options(undefer(InboundEvent.raw))
    held = db.session.scalar(waits.with_for_update().execution_options(populate_existing=True))
    if held is None:
        raise ConflictError(gettext("Somebody has dealt with this mail already."))
    return held


def _find_requester(email_address: str) -> tuple[User, int]:
    user = users.find_user(email_address)
    if user is not None and user.is_team:
        raise ValidationError(gettext("This is somebody of the team. Enter a customer's address."), "requester")
    if user is not None and (not user.is_active or user.erased_at):
        raise ValidationError(gettext("This person was deactivated."), "requester")
    if user is not None and user.organization_id is not None:
        return user, user.organization_id
    organizations = admission.admitting_organizations(email_address)
    if not organizations:
        raise ValidationError(
            gettext("No organization lets this address in. Enter the address of one of its people."), "requester"
        )
    if user is None:
        user = users.create_user(email_address, organization=organizations[0])
    else:
        users.join_organization(user, organizations[0])
    return user, organizations[0].id


def _quote_mail(mail: ParsedMail, body: str) -> str:
    """Format the mail for a note: its unproven author, and every line quoted."""
    who = mail.author_id or gettext("somebody unknown")
    subject = create_ticket.make_subject(mail).replace("`", "'")
    lines = "\n".join(f"> {line}" for line in body.splitlines()) or "> " + gettext("(no words)")
    heading = gettext("Mail from `%(sender)s`, `%(subject)s`:", sender=who, subject=subject)
    return f"{heading}\n\n{lines}"


def _files_only_text(files: list) -> str:
    return "" if files else gettext("(This mail has no words of its own.)")


def _mark_done(inbound: InboundEvent, result: str, ticket_id: int) -> None:
    inbound.state = "done"
    inbound.result = result
    inbound.ticket_id = ticket_id
    inbound.finished_at = clock.now()
    live_events.publish_after_commit("desk")
