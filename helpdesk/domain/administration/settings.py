"""The settings an admin changes while the helpdesk runs: read often, so kept for a few seconds per process."""

import time
from typing import Any

from sqlalchemy import select

from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.setting import SETTINGS, Setting

CACHE_SECONDS = 5.0  # seconds until another process's change is seen

_cache: dict[str, Any] = {}
_cache_until = 0.0


def get(name: str) -> Any:
    """The value of the setting ``name``, or its default."""
    return get_all()[name]


def get_all() -> dict[str, Any]:
    """Every setting by name."""
    global _cache, _cache_until
    if time.monotonic() >= _cache_until:
        changed = dict(db.session.execute(select(Setting.key, Setting.value)).all())
        _cache = {name: changed.get(name, key.default) for name, key in SETTINGS.items()}
        _cache_until = time.monotonic() + CACHE_SECONDS
    return _cache


def set(name: str, text: Any) -> Any:
    """Change ``name``; a text becomes the setting's own type. Returns the value, raises Invalid with a sentence."""
    key = SETTINGS.get(name)
    if key is None:
        raise ValidationError(f"There is no setting {name}.", "key")
    value = _parse_value(key, text)
    row = db.session.get(Setting, name)
    if row:
        row.value = value
    else:
        db.session.add(Setting(key=name, value=value))
    db.session.flush()
    invalidate_cache()
    return value


def invalidate_cache() -> None:
    """Read the settings anew at the next use."""
    global _cache_until
    _cache_until = 0.0


def _parse_value(key, text: Any) -> Any:
    if isinstance(key.default, bool):
        if isinstance(text, bool):
            return text
        if str(text).lower() in {"1", "true", "yes", "on"}:
            return True
        if str(text).lower() in {"0", "false", "no", "off", ""}:
            return False
        raise ValidationError(f"{key.name} is either yes or no.", key.name)
    if isinstance(key.default, int):
        try:
            number = int(text)
        except (TypeError, ValueError):
            raise ValidationError(f"{key.name} is a whole number.", key.name) from None
        if number < 0 or number > 10_000:
            raise ValidationError(f"{key.name} is between 0 and 10000.", key.name)
        return number
    value = str(text).strip()
    if key.choices and value not in key.choices:
        raise ValidationError(f"{key.name} is one of {', '.join(key.choices)}.", key.name)
    return value
