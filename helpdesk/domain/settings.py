"""The settings an admin changes while the helpdesk runs: read often, so kept for a few seconds per process."""

import time
from typing import Any

from sqlalchemy import select

from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.settings import KEYS, SettingRow

KEPT_FOR = 5.0  # seconds until another process's change is seen

_kept: dict[str, Any] = {}
_kept_until = 0.0


def get(name: str) -> Any:
    """The value of the setting ``name``, or its default."""
    return everything()[name]


def everything() -> dict[str, Any]:
    """Every setting by name."""
    global _kept, _kept_until
    if time.monotonic() >= _kept_until:
        changed = dict(db.session.execute(select(SettingRow.key, SettingRow.value)).all())
        _kept = {name: changed.get(name, key.default) for name, key in KEYS.items()}
        _kept_until = time.monotonic() + KEPT_FOR
    return _kept


def set(name: str, text: Any) -> Any:
    """Change ``name``; a text becomes the setting's own type. Returns the value, raises Invalid with a sentence."""
    key = KEYS.get(name)
    if key is None:
        raise Invalid(f"There is no setting {name}.", "key")
    value = _read(key, text)
    row = db.session.get(SettingRow, name)
    if row:
        row.value = value
    else:
        db.session.add(SettingRow(key=name, value=value))
    db.session.flush()
    forget()
    return value


def forget() -> None:
    """Read the settings anew at the next use."""
    global _kept_until
    _kept_until = 0.0


def _read(key, text: Any) -> Any:
    if isinstance(key.default, bool):
        if isinstance(text, bool):
            return text
        if str(text).lower() in {"1", "true", "yes", "on"}:
            return True
        if str(text).lower() in {"0", "false", "no", "off", ""}:
            return False
        raise Invalid(f"{key.name} is either yes or no.", key.name)
    if isinstance(key.default, int):
        try:
            number = int(text)
        except (TypeError, ValueError):
            raise Invalid(f"{key.name} is a whole number.", key.name) from None
        if number < 0 or number > 10_000:
            raise Invalid(f"{key.name} is between 0 and 10000.", key.name)
        return number
    value = str(text).strip()
    if key.choices and value not in key.choices:
        raise Invalid(f"{key.name} is one of {', '.join(key.choices)}.", key.name)
    return value
