"""Differences of two versions of a form, as sentences for the admin who publishes the newer one."""

from collections.abc import Callable

from helpdesk.domain.forms.field_types import field_type_for
from helpdesk.models.form import Field, FormVersion


def describe_changes(old: FormVersion | None, new: FormVersion) -> list[str]:
    """Return what publishing ``new`` after ``old`` changes, as sentences; empty if nothing."""
    before = {field.key: field for field in (old.fields if old else ())}
    after = {field.key: field for field in new.fields}
    sentences = [
        f"Adds “{field.label}” ({field_type_for(field).label.lower()})."
        for key, field in after.items()
        if key not in before
    ]
    sentences += [f"Removes “{field.label}”." for key, field in before.items() if key not in after]
    for key in (key for key in after if key in before):
        sentences += _describe_field(before[key], after[key])
    remaining = [key for key in before if key in after]
    if remaining != [key for key in after if key in before]:
        sentences.append("Changes the order of the fields.")
    return sentences


def _describe_field(old: Field, new: Field) -> list[str]:
    sentences = []
    if old.label != new.label:
        sentences.append(f"Renames “{old.label}” to “{new.label}”.")
    descriptions: dict[str, Callable[[Field], str]] = {
        "kind": lambda field: field_type_for(field).label.lower(),
        "required": lambda field: "required" if field.required else "optional",
        "team_only": lambda field: "only the team sees it" if field.team_only else "customers see it",
        "customer_fills": lambda field: "customers fill it in" if field.customer_fills else "only the team fills it in",
        "options": lambda field: ", ".join(field.options) or "no answers offered",
        "default": lambda field: f"default “{field.default}”" if field.default else "no default",
        "shown_if_key": _describe_condition,
    }
    for describe in descriptions.values():
        if describe(old) != describe(new):
            sentences.append(f"“{new.label}”: {describe(new)} (was: {describe(old)}).")
    if (old.help, old.placeholder) != (new.help, new.placeholder):
        sentences.append(f"“{new.label}”: other words of help.")
    return sentences


def _describe_condition(field: Field) -> str:
    if not field.shown_if_key:
        return "always shown"
    return f"shown if {field.shown_if_key} is {f'“{field.shown_if_value}”' if field.shown_if_value else 'answered'}"
