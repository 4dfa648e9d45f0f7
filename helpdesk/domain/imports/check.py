"""Check an import file without changing anything: every line, its references, addresses, files and numbers."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import email_address
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.imports import files
from helpdesk.domain.imports.records import (
    AnyRecord,
    OrganizationRecord,
    PersonRecord,
    TicketRecord,
    read_records,
)
from helpdesk.domain.people import organizations, users
from helpdesk.domain.tickets import tag_names
from helpdesk.extensions import db
from helpdesk.models.imported_record import ImportedRecord, hash_id
from helpdesk.models.ticket import Ticket

MAX_PROBLEMS = 200  # that a report lists


@dataclass
class ImportReport:
    """What a file holds and what importing it does: how many of each, problems as (line, sentence), and remarks.

    ``present``: records that an earlier run imported. ``matched``: organizations and people who are here already.
    """

    counts: Counter[str] = field(default_factory=Counter)
    present: Counter[str] = field(default_factory=Counter)
    matched: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[int, str]] = field(default_factory=list)
    renumbered: int = 0


@dataclass
class KnownRecords:
    """What the lines read so far define, by id."""

    source: str
    folder: Path
    ids: dict[str, set[str]] = field(default_factory=lambda: {"organization": set(), "person": set(), "ticket": set()})
    roles: dict[str, str] = field(default_factory=dict)
    belonging: set[str] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)


def check_file(stream: BinaryIO, *, source: str, folder: Path) -> ImportReport:
    """Read the whole file and report; nothing is changed. ``folder``: where the paths of files begin."""
    report, known = ImportReport(), KnownRecords(source, folder)
    for number, record in read_records(stream):
        problem = record if isinstance(record, str) else check_record(record, known, report)
        if problem and len(report.problems) < MAX_PROBLEMS:
            report.problems.append((number, problem))
    return report


def check_record(record: AnyRecord, known: KnownRecords, report: ImportReport) -> str | None:
    """The problem of the record as a sentence, or None. Counts it, and makes it known to the lines below."""
    report.counts[record.type] += 1
    ids = known.ids[record.type]
    if record.id in ids:
        return f"There is another {record.type} with the id {record.id}."
    ids.add(record.id)
    if find_imported(known.source, record.type, record.id) is not None:
        report.present[record.type] += 1
        if not isinstance(record, PersonRecord):  # who may have been erased since
            return None
    if isinstance(record, OrganizationRecord):
        return _check_organization(record, report)
    if isinstance(record, PersonRecord):
        return _check_person(record, known, report)
    return _check_ticket(record, known, report)


def find_imported(source: str, kind: str, external_id: str) -> int | None:
    """The id of the row that this record was imported as, if it was."""
    query = select(ImportedRecord.local_id).where(
        ImportedRecord.source == source,
        ImportedRecord.kind == kind,
        ImportedRecord.external_id.in_((external_id, hash_id(external_id))),
    )
    return db.session.scalar(query)


def _check_organization(record: OrganizationRecord, report: ImportReport) -> str | None:
    if organizations.find_by_name(record.name) is not None:
        report.matched["organization"] += 1
        return None
    try:
        organizations.validate_rules({"domains": record.domains, "addresses": record.addresses})
    except ValidationError as error:
        return error.message
    return None


def _check_person(record: PersonRecord, known: KnownRecords, report: ImportReport) -> str | None:
    try:
        email = email_address.canonical_address(record.email)
    except ValueError as error:
        return f"{record.email[:80]}: {error}"
    if record.time_zone and record.time_zone not in clock.time_zone_names():
        return f"There is no time zone {record.time_zone[:40]}; one is written Europe/Berlin."
    if record.organization and record.organization not in known.ids["organization"]:
        return f"There is no organization with the id {record.organization} above this line."
    if record.role == "customer" and not record.organization:
        return "A customer has an organization."
    user = users.find_user(email)
    if user is not None:
        report.matched["person"] += 1
        if user.is_team != (record.role == "agent"):
            return f"{email} is {'of the team' if user.is_team else 'a customer'} here."
        if user.erased_at or user.merged_into_id:
            return f"{email} was erased here."
    known.roles[record.id] = record.role
    if record.organization:
        known.belonging.add(record.id)
    return None


def _check_ticket(record: TicketRecord, known: KnownRecords, report: ImportReport) -> str | None:
    people = [record.requester, *record.followers, *(message.author for message in record.messages)]
    people += [record.assignee] if record.assignee else []
    missing = next((each for each in people if each not in known.roles), None)
    if missing is not None:
        return f"There is no person with the id {missing} above this line, or they have a problem."
    if known.roles[record.requester] != "customer":
        return "The requester of a ticket is a customer."
    if record.assignee and known.roles[record.assignee] != "agent":
        return "The assignee of a ticket is an agent."
    if any(message.kind == "note" and known.roles[message.author] != "agent" for message in record.messages):
        return "Only agents write notes."
    try:
        tag_names.clean_names(record.tags)
    except ValidationError as error:
        return error.message
    for message in record.messages:
        if not message.body.strip() and not message.files:
            return "A message has a body or a file."
        for each in message.files:
            if problem := files.find_problem(each, known.folder):
                return problem
    if record.number is not None:
        taken = record.number in known.numbers or db.session.get(Ticket, record.number) is not None
        report.renumbered += taken and find_imported(known.source, "ticket", record.id) is None
        known.numbers.add(record.number)
    return None
