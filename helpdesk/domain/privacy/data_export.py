"""Export all data about a person or an organization as one ZIP archive."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from helpdesk import clock, storage
from helpdesk.domain.administration import audit_log
from helpdesk.domain.people import permissions
from helpdesk.domain.privacy import erase_content
from helpdesk.extensions import db
from helpdesk.models.follower import Follower
from helpdesk.models.form import Answer
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.organization import Organization
from helpdesk.models.rating import Rating
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Identity, User
from helpdesk.translation import gettext

BATCH_SIZE = 200  # rows

RowT = TypeVar("RowT", Message, Ticket)


def export_person(user: User, *, actor: User, into: io.BufferedIOBase) -> None:
    """Write a ZIP of the data about ``user``: profile, tickets, messages, followed tickets, ratings and files.

    Rolls back before it reads the files. Raises PermissionDenied.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins export people."))
    files: list[tuple[str, str]] = []
    identities = db.session.scalars(select(Identity).where(Identity.user_id == user.id))
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        _add_json(
            archive,
            "person.json",
            {
                **_column_values(
                    user,
                    "id",
                    "email",
                    "name",
                    "role",
                    "picture_url",
                    "slack_user_id",
                    "time_zone",
                    "language",
                    "notes",
                    "created_at",
                    "last_seen_at",
                ),
                "organization": user.organization.name if user.organization else None,
                "other_addresses": [alias.email for alias in user.aliases],
                "identities": [
                    _column_values(each, "provider", "issuer", "subject", "email", "created_at") for each in identities
                ],
                "ratings": [
                    _column_values(each, "ticket_id", "score", "comment", "created_at")
                    for each in db.session.scalars(select(Rating).where(Rating.user_id == user.id))
                ],
                "follows": list(db.session.scalars(select(Follower.ticket_id).where(Follower.user_id == user.id))),
            },
        )
        written = select(Message).where(Message.author_id == user.id).options(selectinload(Message.attachments))
        for number, batch in enumerate(_batches(written, Message.id)):
            _add_json(archive, f"messages-{number + 1}.json", [_message_data(each) for each in batch])
            files += _list_files(batch)
        is_theirs = Ticket.id.in_(erase_content.select_filed_tickets(user)) | (Ticket.requester_id == user.id)
        filed = select(Ticket).where(is_theirs)
        for number, tickets in enumerate(_batches(filed, Ticket.id)):
            _add_json(archive, f"tickets-{number + 1}.json", [_ticket_data(each) for each in tickets])
        _add_files(archive, files)
    audit_log.add_entry("exported a person", actor, user.email)


def export_organization(organization: Organization, *, actor: User, into: io.BufferedIOBase) -> None:
    """Write a ZIP of ``organization``: its people, and its tickets with every public message, answer and file.

    Rolls back before it reads the files. Raises PermissionDenied.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins export organizations."))
    files: list[tuple[str, str]] = []
    people = db.session.scalars(select(User).where(User.organization_id == organization.id).order_by(User.id))
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        _add_json(
            archive,
            "organization.json",
            {
                **_column_values(organization, "name", "slug", "created_at"),
                "domains": [domain.domain for domain in organization.domains],
                "people": [_column_values(each, "email", "name", "created_at", "last_seen_at") for each in people],
            },
        )
        query = select(Ticket).where(Ticket.organization_id == organization.id)
        for number, batch in enumerate(_batches(query, Ticket.id)):
            ids = [ticket.id for ticket in batch]
            messages: dict[int, list[Message]] = {id: [] for id in ids}
            public = select(Message).where(
                Message.ticket_id.in_(ids), Message.kind == MessageKind.reply, Message.deleted_at.is_(None)
            )
            for message in db.session.scalars(public.options(selectinload(Message.attachments)).order_by(Message.seq)):
                messages[message.ticket_id].append(message)
            _add_json(
                archive,
                f"tickets-{number + 1}.json",
                [
                    {**_ticket_data(ticket), "messages": [_message_data(each) for each in messages[ticket.id]]}
                    for ticket in batch
                ],
            )
            files += _list_files([message for each in messages.values() for message in each])
        _add_files(archive, files)
    audit_log.add_entry("exported an organization", actor, organization.name, organization.id)


def _batches(query: Select[RowT], id_column: InstrumentedAttribute[int]) -> Iterator[list[RowT]]:
    last = 0
    while batch := list(db.session.scalars(query.where(id_column > last).order_by(id_column).limit(BATCH_SIZE))):
        last = batch[-1].id
        yield batch


def _ticket_data(ticket: Ticket) -> dict[str, Any]:
    answers = db.session.scalars(select(Answer).where(Answer.ticket_id == ticket.id).order_by(Answer.id))
    return {
        **_column_values(
            ticket, "id", "subject", "status", "priority", "created_at", "first_response_at", "solved_at", "closed_at"
        ),
        "answers": {each.field.label: each.text for each in answers if not each.field.team_only},
    }


def _message_data(message: Message) -> dict[str, Any]:
    return {
        **_column_values(message, "id", "ticket_id", "kind", "author_name", "body", "created_at", "edited_at"),
        "files": [f"files/{file.id}-{file.name}" for file in message.attachments],
    }


def _add_json(archive: zipfile.ZipFile, name: str, value: Any) -> None:
    archive.writestr(name, json.dumps(value, ensure_ascii=False, indent=1))


def _list_files(messages: list[Message]) -> list[tuple[str, str]]:
    """The names in the archive and the keys of the files of ``messages``."""
    files = [file for message in messages for file in message.attachments]
    return [(f"files/{file.id}-{file.name.replace('/', '_')}", file.key) for file in files]


def _add_files(archive: zipfile.ZipFile, files: list[tuple[str, str]]) -> None:
    db.session.rollback()  # files may be many, and the store slow
    for name, key in files:
        try:
            archive.writestr(name, storage.read(key))
        except OSError:
            continue


def _column_values(row: Any, *names: str) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def archive_name(what: str) -> str:
    """Return the file name of the archive of ``what``, with the date."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in what.lower()).strip("-")
    return f"{plain or 'export'}-{clock.now():%Y-%m-%d}.zip"
