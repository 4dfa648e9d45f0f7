"""Import the records of a file, one transaction a record. Nothing is sent: no mail, no card, no webhook."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import text

from helpdesk import clock, storage
from helpdesk.domain import email_address, locking, outbox
from helpdesk.domain.errors import DomainError
from helpdesk.domain.imports import check, files
from helpdesk.domain.imports.records import (
    AnyRecord,
    MessageRecord,
    OrganizationRecord,
    PersonRecord,
    TicketRecord,
    read_records,
)
from helpdesk.domain.people import organizations, users
from helpdesk.domain.search_index import reindexing
from helpdesk.domain.sla import timers
from helpdesk.domain.tickets import stored_files, tag_names, tags, virus_scans
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.attachment import Attachment
from helpdesk.models.follower import Follower
from helpdesk.models.imported_record import ImportedRecord
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.organization import Organization
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User

Outcome = tuple[int, str, str]  # line, kind, "added", "matched", "present" or the sentence of a problem


def import_records(stream: BinaryIO, *, source: str, folder: Path) -> Iterator[Outcome]:
    """Import each record that was not imported before, and yield what became of it. Commits after each.

    A wrong line, by the same checks as before an import, and an error of the domain are yielded as a sentence; the next
    line goes on.
    """
    known, report = check.KnownRecords(source, folder), check.ImportReport()
    for number, record in read_records(stream):
        if isinstance(record, str):
            yield number, "", record
            continue
        if problem := check.check_record(record, known, report):
            db.session.rollback()
            yield number, record.type, problem
            continue
        if check.find_imported(source, record.type, record.id) is not None:
            db.session.rollback()
            yield number, record.type, "present"
            continue
        stored: dict[int, list[Attachment]] = {}
        try:
            if isinstance(record, TicketRecord):
                _store_files(record, folder, stored)
            local_id, outcome = _import_record(record, source, stored)
            row = ImportedRecord(source=source, kind=record.type, external_id=record.id, local_id=local_id)
            db.session.add(row)
            db.session.commit()
        except (DomainError, ValueError, LookupError, storage.StorageUnavailable) as error:
            db.session.rollback()
            stored_files.delete_uploads(Attachment.id.in_([file.id for each in stored.values() for file in each]))
            db.session.commit()
            yield number, record.type, getattr(error, "message", None) or str(error)
            continue
        yield number, record.type, outcome
    _continue_numbers()


def _store_files(record: TicketRecord, folder: Path, stored: dict[int, list[Attachment]]) -> None:
    """Store the files of the messages of ``record`` into ``stored``, by the place of the message in it.

    Commits, as no transaction is open while files are stored. Raises StorageUnavailable.
    """
    for place, message in enumerate(record.messages):
        for file in message.files:
            stored.setdefault(place, []).append(files.store_file(file, folder))


def _import_record(record: AnyRecord, source: str, stored: dict[int, list[Attachment]]) -> tuple[int, str]:
    if isinstance(record, OrganizationRecord):
        return _import_organization(record)
    if isinstance(record, PersonRecord):
        return _import_person(record, source)
    return _import_ticket(record, source, stored), "added"


def _import_organization(record: OrganizationRecord) -> tuple[int, str]:
    present = organizations.find_by_name(record.name)
    if present is not None:
        return present.id, "matched"
    rules = {"domains": record.domains, "addresses": record.addresses, "notes": record.notes}
    return organizations.create_organization(record.name, actor=None, **rules).id, "added"


def _import_person(record: PersonRecord, source: str) -> tuple[int, str]:
    email = email_address.canonical_address(record.email)
    present = users.find_user(email)
    if present is not None:
        if present.is_team != (record.role == "agent"):
            raise ValueError(f"{email} is {'of the team' if present.is_team else 'a customer'} here.")
        return present.id, "matched"
    organization = None
    if record.organization is not None and record.role == "customer":
        organization = db.session.get_one(Organization, _local_id(source, "organization", record.organization))
    role = Role.agent if record.role == "agent" else Role.requester
    user = users.create_user(email, name=record.name, role=role, organization=organization)
    user.time_zone = record.time_zone
    if role == Role.agent:  # an import lets nobody in; an admin invites them
        user.deactivated_at = clock.now()
    db.session.flush()
    return user.id, "added"


def _import_ticket(record: TicketRecord, source: str, stored: dict[int, list[Attachment]]) -> int:
    people = {each: _get_person(source, each) for each in _people_of(record)}
    requester = people[record.requester]
    if requester.organization_id is None:
        raise ValueError("The requester has no organization here.")
    number = record.number if record.number is not None and db.session.get(Ticket, record.number) is None else None
    ticket = Ticket(
        id=number,
        organization_id=requester.organization_id,
        requester_id=requester.id,
        assignee_id=people[record.assignee].id if record.assignee else None,
        subject=to_one_line(record.subject),
        status=record.status,
        priority=record.priority,
        created_at=record.created_at,
        updated_at=record.last_time,
        changed_at=clock.now(),  # so that programs that synchronise read it
        turn_since=record.last_time,
        solved_at=record.solved_at or (record.last_time if Status(record.status).definition.is_done else None),
        closed_at=record.closed_at or (record.last_time if record.status == Status.closed else None),
        next_seq=len(record.messages) + 1,
    )
    db.session.add(ticket)
    db.session.flush()
    in_order = sorted(enumerate(record.messages), key=lambda each: each[1].created_at)
    for seq, (place, message) in enumerate(in_order, 1):
        _import_message(ticket, message, people[message.author], seq, stored.get(place, []))
    db.session.add_all(
        Follower(ticket_id=ticket.id, user_id=user_id)
        for user_id in {people[each].id for each in record.followers} - {requester.id}
    )
    tags.store_tags(ticket, tag_names.clean_names(record.tags))
    db.session.flush()
    if record.status != Status.closed:  # answers written here reach the people by mail
        locking.lock_ticket(ticket)
        for user in {people[each] for each in (record.requester, *record.followers)}:
            outbox.open_mail_thread(ticket, user)
        timers.update_timers(ticket)
    reindexing.reindex_tickets([ticket.id], db.session.connection())
    return ticket.id


def _import_message(ticket: Ticket, record: MessageRecord, author: User, seq: int, stored: list[Attachment]) -> None:
    for attachment in stored:
        attachment.state = virus_scans.STORED
        attachment.ticket_id, attachment.organization_id = ticket.id, ticket.organization_id
        attachment.uploader_id, attachment.created_at = author.id, record.created_at
    message = Message(
        ticket=ticket,
        organization_id=ticket.organization_id,
        seq=seq,
        kind=record.kind,
        from_team=author.is_team,
        author=author,
        author_name=author.display_name,
        created_at=record.created_at,
        attachments=stored,
    )
    message.set_body(record.body.replace("\r\n", "\n").replace("\x00", "").strip())
    db.session.add(message)
    if record.kind != MessageKind.reply:
        return
    ticket.last_public_seq = seq
    ticket.excerpt = markdown_rendering.make_excerpt(message.body, 180)
    if not author.is_team:
        ticket.customer_replied_at = record.created_at
    elif ticket.first_response_at is None:
        ticket.first_response_at = record.created_at


def _people_of(record: TicketRecord) -> set[str]:
    named = {record.requester, *record.followers, *(message.author for message in record.messages)}
    return named | ({record.assignee} if record.assignee else set())


def _get_person(source: str, external_id: str) -> User:
    return db.session.get_one(User, _local_id(source, "person", external_id))


def _local_id(source: str, kind: str, external_id: str) -> int:
    found = check.find_imported(source, kind, external_id)
    if found is None:
        raise ValueError(f"There is no {kind} with the id {external_id} above this line, or it has a problem.")
    return found


def _continue_numbers() -> None:
    """Let the next ticket have a number above those that were kept; SQLite does it by itself."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(
            text(
                "SELECT setval(pg_get_serial_sequence('tickets', 'id'), greatest((SELECT max(id) FROM tickets),"
                " nextval(pg_get_serial_sequence('tickets', 'id'))))"
            )
        )
        db.session.commit()
