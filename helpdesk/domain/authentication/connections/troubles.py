"""What will soon, or does, keep everybody from signing in with a connection: codes that are stored, and sentences."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from helpdesk import clock
from helpdesk.domain.authentication.connections import administration, failures
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.translation import format_date, gettext

REMIND_BEFORE = (timedelta(days=3), timedelta(days=14))  # a reminder of each, the first that holds
FAILED_OFTEN = 3  # sign-ins, or calls of an hourly check, in a row


def list_troubles(connection: SignInConnection, keys_expire_at: datetime | None = None) -> Iterator[tuple[str, str]]:
    """What operators should be notified of: a key, notified once, and the text that ``describe`` reads.

    ``keys_expire_at``: when the last certificate of the provider's keys ends, if that is known.
    """
    for code, expires_at in (("secret", connection.secret_expires_at), ("keys", keys_expire_at)):
        left = expires_at - clock.now() if expires_at is not None else None
        stage = next((each for each in REMIND_BEFORE if left is not None and left < each), None)
        if expires_at is not None and stage is not None:
            day = expires_at.date().isoformat()
            yield f"{code} {day} {stage.days}", f"{code} {connection.id} {day}"
    for row in connection.domains:
        if row.missing_since is not None:
            yield f"domain {row.id}", f"domain {connection.id} {row.id}"
    if connection.failed_in_a_row >= FAILED_OFTEN:
        yield "failed", f"failed {connection.id}"


def describe(text: str) -> str:
    """Return the sentence of what ``list_troubles`` gave; a connection that is gone has none of its own."""
    code, number, rest = (*text.split(" "), "", "")[:3]
    connection = administration.get_connection(int(number)) if number.isdecimal() else None
    if connection is None:
        return gettext("a provider that is not connected any more")
    if code == "failed":
        reason = failures.describe(connection)
        return gettext("Nobody can sign in with %(name)s. %(reason)s", name=connection.name, reason=reason)
    if code == "domain":
        row = db.session.get(ConnectionDomain, int(rest))
        domain = row.domain if row is not None else ""
        return gettext("%(name)s: the record that proves %(domain)s is gone.", name=connection.name, domain=domain)
    day = format_date(date.fromisoformat(rest))
    if code == "keys":
        return gettext("%(name)s: its provider’s keys run out on %(day)s.", name=connection.name, day=day)
    return gettext("%(name)s: its secret runs out on %(day)s.", name=connection.name, day=day)


def path(text: str) -> str:
    """Where the page of the connection is that ``text`` is about."""
    return f"/settings/connections/{text.split(' ')[1]}"
