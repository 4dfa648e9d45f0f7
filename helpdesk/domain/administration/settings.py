"""Settings that admins change while the helpdesk runs. Each process caches them for a few seconds."""

import time
from typing import Any

from sqlalchemy import select

from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.setting import SETTINGS, Setting, SettingDefinition

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
        changed = {row.key: row.value for row in db.session.execute(select(Setting.key, Setting.value))}
        _cache = {name: changed.get(name, setting.default) for name, setting in SETTINGS.items()}
        _cache_until = time.monotonic() + CACHE_SECONDS
    return _cache


def set(name: str, text: Any) -> Any:
    """Change the setting ``name``; a text is converted to its type. Returns the new value. Raises ValidationError."""
    definition = SETTINGS.get(name)
    if definition is None:
        raise ValidationError(f"There is no setting {name}.", "key")
    value = _parse_value(definition, text)
    row = db.session.get(Setting, name)
    if row:
        row.value = value
    else:
        db.session.add(Setting(key=name, value=value))
    db.session.flush()
    invalidate_cache()
    return value


def invalidate_cache() -> None:
    """Read the settings from the database again at the next use."""
    global _cache_until
    _cache_until = 0.0


def _parse_value(definition: SettingDefinition, text: Any) -> Any:
    if isinstance(definition.default, bool):
        if isinstance(text, bool):
            return text
        if str(text).lower() in {"1", "true", "yes", "on"}:
            return True
        if str(text).lower() in {"0", "false", "no", "off", ""}:
            return False
        raise ValidationError(f"{definition.name} is either yes or no.", definition.name)
    if isinstance(definition.default, int):
        try:
            number = int(text)
        except (TypeError, ValueError):
            raise ValidationError(f"{definition.name} is a whole number.", definition.name) from None
        if number < 0 or number > 10_000:
            raise ValidationError(f"{definition.name} is between 0 and 10000.", definition.name)
        return number
    value = str(text).strip()
    if definition.choices and value not in definition.choices:
        raise ValidationError(f"{definition.name} is one of {', '.join(definition.choices)}.", definition.name)
    return value
