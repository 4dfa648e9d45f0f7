"""What admins do with connections in the browser: enter their values, remove them, renew their encryption."""

from collections.abc import Mapping

from sqlalchemy import select

from helpdesk import config, encryption
from helpdesk.domain.administration import audit_log, entered_values, settings
from helpdesk.domain.administration.entered_values import Connection
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.key_derivation import Purpose
from helpdesk.models.setting import ENTERED_PREFIX, Setting
from helpdesk.models.user import User
from helpdesk.translation import gettext


def read_entered(connection: Connection) -> dict[str, str]:
    """Return the entered values of ``connection`` as texts; a value whose key is no longer accepted is missing."""
    keys = [ENTERED_PREFIX + name for name in connection.variables]
    rows = db.session.execute(select(Setting.key, Setting.value).where(Setting.key.in_(keys)))
    return entered_values.decrypt({row.key: row.value for row in rows})


def is_unreadable(connection: Connection) -> bool:
    """Whether values are stored that no accepted SECRET_KEY decrypts."""
    keys = [ENTERED_PREFIX + name for name in connection.variables]
    stored = db.session.scalars(select(Setting.key).where(Setting.key.in_(keys))).all()
    return len(stored) > len(read_entered(connection))


def enter(connection: Connection, values: Mapping[str, str], *, actor: User) -> None:
    """Store ``values`` by variable in place of what was entered before; "" leaves a variable out.

    Raises PermissionDenied, ConflictError if the environment sets the connection, and ValidationError with a sentence
    for each required variable that is missing, or one about an unsafe combination.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins can do this."))
    settings.lock()
    if names := entered_values.list_environment_names(connection):
        raise ConflictError(
            gettext(
                "%(title)s is set by the environment (%(names)s). Change it there.",
                title=connection.title,
                names=", ".join(names),
            )
        )
    given = {name: values[name].strip() for name in connection.variables if values.get(name, "").strip()}
    if missing := [name for name in connection.required if name not in given]:
        raise ValidationError(
            gettext("Something is missing."), errors=dict.fromkeys(missing, gettext("This is needed."))
        )
    try:
        config.started_with().replace(entered_values.parse(given))
    except config.UnsafeConfiguration as error:
        raise ValidationError(str(error)) from None
    except ValueError:
        raise ValidationError(gettext("The port is a number."), "MAIL_PORT") from None
    _delete(connection)
    for name, text in given.items():
        db.session.add(Setting(key=ENTERED_PREFIX + name, value=encryption.encrypt(Purpose.CONNECTION, text)))
    db.session.flush()
    settings.invalidate_everywhere()
    audit_log.add_entry("entered a connection", actor, str(connection.title), variables=sorted(given))


def remove(connection: Connection, *, actor: User) -> None:
    """Delete what was entered for ``connection``. Raises PermissionDenied."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins can do this."))
    settings.lock()
    if not _delete(connection):
        return
    settings.invalidate_everywhere()
    audit_log.add_entry("removed a connection", actor, str(connection.title))


def renew_encryption() -> int:
    """Encrypt every entered value with the present SECRET_KEY, before a former one is given up; how many."""
    changed = 0
    for row in db.session.scalars(select(Setting).where(Setting.key.startswith(ENTERED_PREFIX, autoescape=True))):
        renewed = encryption.renew(Purpose.CONNECTION, row.value)
        changed += renewed != row.value
        row.value = renewed
    return changed


def _delete(connection: Connection) -> bool:
    """Delete what was entered; return whether anything was."""
    keys = [ENTERED_PREFIX + name for name in connection.variables]
    rows = db.session.scalars(select(Setting).where(Setting.key.in_(keys))).all()
    for row in rows:
        db.session.delete(row)
    db.session.flush()
    return bool(rows)
