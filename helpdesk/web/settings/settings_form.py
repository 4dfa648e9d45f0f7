"""Pages that are a few of the settings in a form: read, saved, and written into the audit trail."""

from flask import request

from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.setting import SETTINGS
from helpdesk.web.middleware import authentication


def typed(names: tuple[str, ...]) -> dict:
    """What the form says for ``names``; a switch is on where it is there."""
    return {
        name: name in request.form if isinstance(SETTINGS[name].default, bool) else request.form.get(name, "").strip()
        for name in names
    }


def save(values: dict, what: str) -> dict[str, str]:
    """Keep ``values`` and commit; or keep nothing and return a sentence for each that cannot be used."""
    errors, changed = {}, {}
    for name, value in values.items():
        before = settings.get(name)
        try:
            after = settings.set(name, value)
        except ValidationError:
            errors[name] = _sentence(name)
            continue
        if after != before:
            changed[name] = [before, after]
    if errors:
        db.session.rollback()
        settings.invalidate_cache()
        return errors
    if changed:
        audit_log.add_entry("changed settings", authentication.get_current_user(), what, **changed)
    db.session.commit()
    settings.invalidate_cache()
    return {}


def _sentence(name: str) -> str:
    key = SETTINGS[name]
    if isinstance(key.default, int):
        return "Write a whole number from 0 to 10000."
    return f"Choose {', '.join(key.choices[:-1])} or {key.choices[-1]}." if key.choices else "This cannot be used."
