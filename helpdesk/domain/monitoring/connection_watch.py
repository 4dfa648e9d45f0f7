"""Look after connections: try each provider every hour, and notify the admins of what keeps people from signing in."""

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain.authentication.connections import administration, diagnostics, failures, troubles
from helpdesk.domain.authentication.connections.diagnostics import ProviderState
from helpdesk.domain.notifications import sentences
from helpdesk.domain.notifications.notify import Occasion, notify
from helpdesk.extensions import db
from helpdesk.models.notification import NotificationKind
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import Role, User

FOUND_BY_FETCHING = ("address", "unreachable", "document", "issuer", "algorithm", "keys")


def register() -> None:
    """Say what these notifications say; called when the application is created."""
    sentences.register_kind(NotificationKind.sign_in_connection, troubles.describe, troubles.path)


def list_ids() -> list[int]:
    """Ids of the connections that are switched on."""
    query = select(SignInConnection.id).where(SignInConnection.is_active).order_by(SignInConnection.id)
    return list(db.session.scalars(query))


def watch(connection_id: int) -> None:
    """Try the provider of this connection, while no transaction is open, and notify. Commits."""
    connection = administration.get_connection(connection_id)
    if connection is None:
        return
    issuer = connection.issuer
    db.session.rollback()
    state = diagnostics.fetch_state(issuer)
    connection = db.session.get(SignInConnection, connection_id, with_for_update=True, populate_existing=True)
    if connection is not None and connection.is_active:
        record_state(connection, state)
        notify_admins(connection, state)
    db.session.commit()


def record_state(connection: SignInConnection, state: ProviderState) -> None:
    """Count what became of trying the provider, and keep its reason once it has failed often.

    What worked ends a count, but not that of sign-ins which failed for a reason that fetching does not find.
    """
    if state.reason and connection.failed_in_a_row + 1 >= troubles.FAILED_OFTEN:
        administration.record_failure(connection, state.reason, state.detail)
    elif state.reason:
        connection.failed_in_a_row += 1
    elif not _has_failed_beyond_fetching(connection):
        connection.failed_in_a_row = 0
    db.session.flush()


def _has_failed_beyond_fetching(connection: SignInConnection) -> bool:
    failed_at, signed_in_at, reason = connection.last_failure_at, connection.last_sign_in_at, connection.last_failure
    is_latest = failed_at is not None and (signed_in_at is None or signed_in_at < failed_at)
    is_of_token_endpoint = reason == "unreachable" and not connection.last_failure_detail
    is_found = reason in FOUND_BY_FETCHING and not is_of_token_endpoint
    return is_latest and reason in failures.OF_EVERYBODY and not is_found


def notify_admins(connection: SignInConnection, state: ProviderState | None = None) -> int:
    """Notify the admins of each trouble of ``connection`` once, and again when it comes back; returns how many."""
    found = dict(troubles.list_troubles(connection, state.keys_expire_at if state else None))
    new = {key: text for key, text in found.items() if key not in connection.notified}
    today = clock.now().date().isoformat()
    connection.notified = {key: connection.notified.get(key, today) for key in found}
    query = select(User).where(User.role == Role.admin, User.deactivated_at.is_(None)).order_by(User.id)
    admins = list(db.session.scalars(query)) if new else []
    for text in new.values():
        notify(Occasion(NotificationKind.sign_in_connection, detail=text), admins)
    db.session.flush()
    return len(new)
