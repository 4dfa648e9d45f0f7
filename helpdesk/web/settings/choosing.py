"""Pages that are a few of the settings in a form: read, saved, and written into the audit trail."""

from flask import request

from helpdesk.domain import audit, settings
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.settings import KEYS
from helpdesk.web import identity


def typed(names: tuple[str, ...]) -> dict:
    """What the form says for ``names``; a switch is on where it is there."""
    return {
        name: name in request.form if isinstance(KEYS[name].default, bool) else request.form.get(name, "").strip()
        for name in names
    }


def save(values: dict, what: str) -> dict[str, str]:
    """Keep ``values`` and commit; or keep nothing and return a sentence for each that cannot be used."""
    errors, changed = {}, {}
    for name, value in values.items():
        before = settings.get(name)
        try:
            after = settings.set(name, value)
        except Invalid:
            errors[name] = _sentence(name)
            continue
        if after != before:
            changed[name] = [before, after]
    if errors:
        db.session.rollback()
        settings.forget()
        return errors
    if changed:
        audit.write("changed settings", identity.me(), what, **changed)
    db.session.commit()
    settings.forget()
    return {}


def _sentence(name: str) -> str:
    key = KEYS[name]
    if isinstance(key.default, int):
        return "Write a whole number from 0 to 10000."
    return f"Choose {', '.join(key.choices[:-1])} or {key.choices[-1]}." if key.choices else "This cannot be used."
