"""Settings that admins change while the helpdesk runs.

Each process caches them for a few seconds. A commit that changed them is published to the web processes, which read
them anew at once; other processes, and all of them while Redis is away, learn of it when their cache runs out.
"""

import time
from typing import Any

from sqlalchemy import select, text

from helpdesk import live_events
from helpdesk.database import replica, transactions
from helpdesk.domain.administration import entered_values, setting_texts
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.setting import SETTINGS, Setting
from helpdesk.translation import gettext

CACHE_SECONDS = 5.0  # seconds until another process's change is seen

_cache: dict[str, Any] = {}
_cache_until = 0.0
_generation = object()  # another one once the cache is invalid: what was being read meanwhile is not kept


def get(name: str) -> Any:
    """Return the value of the setting ``name``, or its default."""
    return get_all()[name]


def get_all() -> dict[str, Any]:
    """Return every setting by name."""
    global _cache, _cache_until
    if time.monotonic() < _cache_until:
        return _cache
    generation, values = _generation, load_all()
    _cache, _cache_until = values, time.monotonic() + CACHE_SECONDS
    if generation is not _generation:
        _cache_until = 0.0
    return values


def load_all() -> dict[str, Any]:
    """Every setting by name as the database has it now, past the cache. What an admin has entered holds from now on.

    Outside a transaction it never waits for SQLite's write lock.
    """
    if db.session().in_transaction() or transactions.is_read_only():
        changed = _load_changed()
    else:
        with transactions.read_only():
            changed = _load_changed()
    entered_values.apply(changed)
    return {name: changed.get(name, setting.default) for name, setting in SETTINGS.items()}


def _load_changed() -> dict[str, Any]:
    with replica.use(False):  # what is cached must not be older than the change that made the cache invalid
        return _read_changed()


def _read_changed() -> dict[str, Any]:
    return {row.key: row.value for row in db.session.execute(select(Setting.key, Setting.value))}


def lock() -> None:
    """Let no other transaction change what admins set until this one ends; objects are loaded anew afterwards.

    Pages lock, then compare what they were loaded with. SQLite's transactions that write are alone anyway.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.flush()
        db.session.execute(text("LOCK TABLE settings IN SHARE ROW EXCLUSIVE MODE"))
        db.session.expire_all()


def set(name: str, given: Any) -> Any:
    """Change the setting ``name``; a text is converted to its type. Returns the new value. Raises ValidationError."""
    value = parse_value(name, given)
    lock()  # of two first changes at the same time both would add a row
    row = db.session.get(Setting, name)
    if row:
        row.value = value
    else:
        db.session.add(Setting(key=name, value=value))
    db.session.flush()
    invalidate_everywhere()
    return value


def invalidate_everywhere() -> None:
    """Read the settings again at the next use, and in every web process once the open transaction has committed."""
    invalidate_cache()
    live_events.publish_after_commit(live_events.SETTINGS)


def invalidate_cache() -> None:
    """Read the settings from the database again at the next use in this process."""
    global _cache_until, _generation
    _generation = object()
    _cache_until = 0.0


def parse_value(name: str, given: Any) -> Any:
    """Convert ``given`` to the type of the setting ``name``. Raises ValidationError."""
    definition = SETTINGS.get(name)
    if definition is None:
        raise ValidationError(f"There is no setting {name}.", "key")
    if isinstance(definition.default, bool):
        if isinstance(given, bool):
            return given
        if str(given).lower() in {"1", "true", "yes", "on"}:
            return True
        if str(given).lower() in {"0", "false", "no", "off", ""}:
            return False
        raise ValidationError(gettext("%(setting)s is either yes or no.", setting=definition.name), definition.name)
    if isinstance(definition.default, int):
        try:
            number = int(given)
        except (TypeError, ValueError):
            raise ValidationError(
                gettext("%(setting)s is a whole number.", setting=definition.name), definition.name
            ) from None
        if number < 0 or number > 10_000:
            raise ValidationError(
                gettext("%(setting)s is between 0 and 10000.", setting=definition.name), definition.name
            )
        return number
    value = str(given).strip()
    if definition.choices and value not in definition.choices:
        raise ValidationError(
            gettext(
                "%(setting)s is one of %(choices)s.", setting=definition.name, choices=", ".join(definition.choices)
            ),
            definition.name,
        )
    try:
        return setting_texts.READERS[name](value) if name in setting_texts.READERS else value
    except ValueError as error:
        raise ValidationError(str(error), name) from None
