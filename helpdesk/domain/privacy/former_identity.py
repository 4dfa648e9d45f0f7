"""What a person or an organization was called, now and before, and how texts that repeat it are changed.

Rows that have an id of the person are found by it. Names and addresses stand without one in the audit log, in the
history of tickets and in what was sent; there they are found by their text.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, String, cast, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from helpdesk.database.any_case import list_cases
from helpdesk.extensions import db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.event import Event
from helpdesk.models.message import Message
from helpdesk.models.notification import Notification
from helpdesk.models.personal_data import ERASED_NAME
from helpdesk.models.user import User, UserAlias

SNAPSHOTS = (  # columns that repeat a person's name as it was at that time, by that of their id
    (Message.author_name, Message.author_id),
    (Event.actor_name, Event.actor_id),
    (AuditEntry.actor_name, AuditEntry.actor_id),
    (Notification.actor_name, Notification.actor_id),
)
CHAINED_ACTIONS = ("changed a person", "merged people", "removed an address")


@dataclass(frozen=True)
class FormerIdentity:
    """The names and addresses of somebody, and the text that replaces them."""

    names: frozenset[str]
    addresses: frozenset[str]
    replacement: str = ERASED_NAME

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Addresses, and names of several words, wherever they stand; a single word may be anybody's."""
        words = sorted((*self.addresses, *(name for name in self.names if " " in name)), key=len, reverse=True)
        alternatives = "|".join(map(re.escape, words)) or r"(?!)"
        return re.compile(rf"(?<![\w.+-])(?:{alternatives})(?![\w-]|\.\w)", re.IGNORECASE)

    def replace_in(self, value: Any) -> Any:
        """``value`` (JSON) with the names and the addresses replaced in all its texts."""
        if isinstance(value, dict):
            return {key: self.replace_in(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.replace_in(each) for each in value]
        if not isinstance(value, str):
            return value
        return self.replacement if value in self.names else self._pattern.sub(self.replacement, value)

    def is_repeated_in(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """The condition that the text or JSON of ``column`` has one of the names or addresses in it."""
        text = cast(column, String)
        # The JSON of a name beyond ASCII may be escaped, so that both ways of writing it are looked for.
        words = {case for word in (*self.names, *self.addresses) for case in list_cases(word)}
        spellings = {form for word in words for form in (word, json.dumps(word)[1:-1])}
        return or_(false(), *(text.icontains(each, autoescape=True) for each in sorted(spellings)))


def collect_of_person(user: User, *merged: User) -> FormerIdentity:
    """The names and addresses that ``user`` and the accounts ``merged`` into theirs have and had."""
    people = (user, *merged)
    ids = [person.id for person in people]
    words = {word for person in people for word in (person.name, person.display_name, person.email)}
    words |= {alias.email for person in people for alias in person.aliases}
    for name, person_id in SNAPSHOTS:
        words |= set(db.session.scalars(select(name).where(person_id.in_(ids)).distinct()))
    words |= _list_earlier({word for word in words if "@" in word})
    words -= {"", ERASED_NAME}
    addresses = {word for word in words if "@" in word}
    # A former address may have been given to somebody else, whose rows stay.
    elsewhere = select(User.email).where(User.email.in_(addresses), User.id.not_in(ids))
    alias_elsewhere = select(UserAlias.email).where(UserAlias.email.in_(addresses), UserAlias.user_id.not_in(ids))
    addresses -= {*db.session.scalars(elsewhere), *db.session.scalars(alias_elsewhere)}
    return FormerIdentity(frozenset(word for word in words if "@" not in word), frozenset(addresses))


def _list_earlier(addresses: Iterable[str]) -> set[str]:
    """The names and addresses that the audit log says belonged to whoever has ``addresses`` now.

    From the newest entry to the oldest: an address that was given to somebody was another's before.
    """
    theirs, found = set(addresses), set()
    entries = select(AuditEntry.subject, AuditEntry.details).where(AuditEntry.action.in_(CHAINED_ACTIONS))
    for subject, details in db.session.execute(entries.order_by(AuditEntry.id.desc())):
        if subject not in theirs:
            continue
        names, emails = details.get("name", []), details.get("email", [])
        others = [details[key] for key in ("merged", "alias") if isinstance(details.get(key), str)]
        if emails:
            theirs.discard(emails[1])
        theirs |= {*emails[:1], *others}
        found |= {*names, *emails, *others}
    return found


def erase_from_audit_log(former: FormerIdentity) -> None:
    """Replace names and addresses in the entries about somebody, also where ``details`` repeats them."""
    named = or_(former.is_repeated_in(AuditEntry.subject), former.is_repeated_in(AuditEntry.details))
    for entry in db.session.scalars(select(AuditEntry).where(named)):
        entry.subject = former.replace_in(entry.subject)
        entry.details = former.replace_in(entry.details)
    db.session.flush()
