"""How two versions of a form differ, in sentences for the admin who publishes the newer one."""

from helpdesk.domain.forms.field_types import field_type_for
from helpdesk.models.form import Field, FormVersion


def describe_changes(old: FormVersion | None, new: FormVersion) -> list[str]:
    """What publishing ``new`` over ``old`` changes, in sentences; empty where nothing does."""
    before = {field.key: field for field in (old.fields if old else ())}
    after = {field.key: field for field in new.fields}
    told = [
        f"Adds “{field.label}” ({field_type_for(field).label.lower()})."
        for key, field in after.items()
        if key not in before
    ]
    told += [f"Removes “{field.label}”." for key, field in before.items() if key not in after]
    for key in (key for key in after if key in before):
        told += _changes(before[key], after[key])
    stayed = [key for key in before if key in after]
    if stayed != [key for key in after if key in before]:
        told.append("Changes the order of the fields.")
    return told


def _changes(old: Field, new: Field) -> list[str]:
    told = []
    if old.label != new.label:
        told.append(f"Renames “{old.label}” to “{new.label}”.")
    words = {
        "kind": lambda field: field_type_for(field).label.lower(),
        "required": lambda field: "required" if field.required else "optional",
        "team_only": lambda field: "only the team sees it" if field.team_only else "customers see it",
        "customer_fills": lambda field: "customers fill it in" if field.customer_fills else "only the team fills it in",
        "options": lambda field: ", ".join(field.options) or "no answers offered",
        "default": lambda field: f"default “{field.default}”" if field.default else "no default",
        "shown_if_key": _condition,
    }
    for say in words.values():
        if say(old) != say(new):
            told.append(f"“{new.label}”: {say(new)} (was: {say(old)}).")
    if (old.help, old.placeholder) != (new.help, new.placeholder):
        told.append(f"“{new.label}”: other words of help.")
    return told


def _condition(field: Field) -> str:
    if not field.shown_if_key:
        return "always shown"
    return f"shown if {field.shown_if_key} is {f'“{field.shown_if_value}”' if field.shown_if_value else 'answered'}"
