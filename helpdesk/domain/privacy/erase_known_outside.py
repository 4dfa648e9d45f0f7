"""Erase what other services sent about a person: providers by SCIM, and channels of people without an account."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, or_, select, update

from helpdesk.domain.inbox.channel import Sender
from helpdesk.domain.privacy.former_identity import FormerIdentity
from helpdesk.domain.provisioning import people
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.message import Message
from helpdesk.models.notification import Notification
from helpdesk.models.personal_data import ERASED_NAME
from helpdesk.models.provisioning import ScimResource
from helpdesk.models.reaction import Reaction
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Membership, User


def erase_provisioned(ids: Collection[int], former: FormerIdentity) -> None:
    """Delete what providers sent about the people with ``ids``, and what they sent of others that names them: members
    of groups, a manager.
    """
    concerned = ScimResource.user_id.in_(ids), former.is_repeated_in(ScimResource.data)
    rows = list(db.session.scalars(select(ScimResource).where(or_(*concerned)).order_by(ScimResource.id)))
    theirs = [row for row in rows if row.user_id in ids or _is_nobodys(row, former)]
    gone = {row.resource_id for row in theirs}
    groups = select(ScimResource).where(
        ScimResource.kind == people.GROUP, ScimResource.connection_id.in_({row.connection_id for row in theirs})
    )
    for row in {*rows, *db.session.scalars(groups)}.difference(theirs):
        data = former.replace_in(_without_members(row.data, gone))
        if data != row.data:
            row.data, row.version = data, row.version + 1
    for row in theirs:
        db.session.delete(row)
    db.session.flush()


def erase_reactions(senders: Sequence[Sender]) -> None:
    """Delete the reactions that somebody put in a channel before it was known which account is theirs."""
    ids = [sender.chat_user_id for sender in senders if sender.chat_user_id]
    db.session.execute(delete(Reaction).where(Reaction.outside_id.in_(ids)))


def erase_names(user: User, former: FormerIdentity) -> None:
    """Replace the name of ``user`` where their organization's tickets have it without an account, as from a channel."""
    names = [name for name in former.names if " " in name]  # a single word may be anybody's
    belongs = db.session.scalars(select(Membership.organization_id).where(Membership.user_id == user.id)).all()
    tickets = select(Ticket.id).where(Ticket.organization_id.in_({*belongs, user.organization_id} - {None}))
    options = {"synchronize_session": False}
    for table, name, person in (
        (Message, Message.author_name, Message.author_id),
        (Event, Event.actor_name, Event.actor_id),
        (Notification, Notification.actor_name, Notification.actor_id),
    ):
        values = {name.key: ERASED_NAME} | ({"author_picture": None} if table is Message else {})
        nobodys = person.is_(None), name.in_(names), table.ticket_id.in_(tickets)
        db.session.execute(update(table).where(*nobodys).values(values), execution_options=options)
    db.session.expire_all()


def _is_nobodys(row: ScimResource, former: FormerIdentity) -> bool:
    """Whether a provider sent them here, where the connection may not speak for their address."""
    return row.kind == people.USER and row.user_id is None and people.read_address(row.data) in former.addresses


def _without_members(data: dict[str, object], gone: Collection[str]) -> dict[str, object]:
    """``data`` of a group without the members whose ids are ``gone``."""
    members = data.get("members")
    if not isinstance(members, list):
        return data
    return data | {"members": [each for each in members if not (isinstance(each, dict) and each.get("value") in gone)]}
