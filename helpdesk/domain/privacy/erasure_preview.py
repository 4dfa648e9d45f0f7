"""Preview what erasing a person or an organization erases, what stays, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from helpdesk.domain.privacy import erase_content
from helpdesk.domain.privacy.erasure import count_rows
from helpdesk.extensions import Base
from helpdesk.models.attachment import Attachment
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.form import Answer
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.personal_data import CODE, IDENTIFIER, Kept
from helpdesk.models.session import Session
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Identity, User, UserAlias
from helpdesk.translation import gettext


@dataclass(frozen=True)
class ErasurePreview:
    """What would be erased, as label and number of each kind, and what would remain, in sentences.

    ``kept``: the tables of which something is kept on purpose, each list of them with its reason.
    """

    goes: list[tuple[str, int]]
    stays: list[str]
    kept: list[tuple[str, str]] = field(default_factory=list)


def preview_person(user: User) -> ErasurePreview:
    """Preview the erasure of ``user``."""
    filed = erase_content.select_filed_tickets(user)
    mailed = select(Thread.id).where(Thread.user_id == user.id)
    return ErasurePreview(
        [
            (gettext("Ways to sign in"), count_rows(Identity, Identity.user_id == user.id)),
            (gettext("Sessions"), count_rows(Session, Session.user_id == user.id)),
            (gettext("Other addresses"), count_rows(UserAlias, UserAlias.user_id == user.id)),
            (gettext("Accounts merged into this one"), count_rows(User, User.merged_into_id == user.id)),
            (gettext("Messages"), count_rows(Message, Message.author_id == user.id)),
            (gettext("Files"), count_rows(Attachment, erase_content.is_file_of(user))),
            (gettext("Stored mails to them"), count_rows(Delivery, Delivery.thread_id.in_(mailed))),
            (gettext("Answers in forms"), count_rows(Answer, Answer.ticket_id.in_(filed))),
            (
                gettext("Tickets that keep their place but lose the name"),
                count_rows(Ticket, Ticket.requester_id == user.id),
            ),
        ],
        [
            gettext("Mail already sent stays in mailboxes."),
            gettext("Copies in Slack are deleted where Slack allows it."),
            gettext("What others wrote stays, also where it repeats their words or their name."),
            gettext("The numbers in reports stay, without the name."),
            gettext("The audit log stays, without the name and the address."),
        ],
        list_kept(),
    )


def preview_organization(organization: Organization) -> ErasurePreview:
    """Preview the erasure of ``organization``."""
    id = organization.id
    return ErasurePreview(
        [
            (gettext("Tickets"), count_rows(Ticket, Ticket.organization_id == id)),
            (gettext("Messages"), count_rows(Message, Message.organization_id == id)),
            (gettext("Files"), count_rows(Attachment, Attachment.organization_id == id)),
            (gettext("People"), count_rows(User, User.organization_id == id)),
            (gettext("Slack channels that are disconnected"), count_rows(Channel, Channel.organization_id == id)),
        ],
        [
            gettext("Mail already sent stays in mailboxes."),
            gettext("Messages already in Slack stay there."),
            gettext("The audit log stays, without the name and the address."),
        ],
        list_kept(),
    )


def list_kept() -> list[tuple[str, str]]:
    """What the tables declare to keep with a reason, but for fixed words and identifiers: (tables, reason)."""
    tables: dict[str, set[str]] = {}
    for mapper in Base.registry.mappers:
        declared = getattr(mapper.class_, "personal_data", {})
        for column in declared.values() if isinstance(declared, Mapping) else ():
            if isinstance(column, Kept) and column not in (CODE, IDENTIFIER):
                tables.setdefault(column.reason, set()).add(mapper.class_.__tablename__.replace("_", " "))
    return [(", ".join(sorted(names)), reason) for reason, names in sorted(tables.items())]
