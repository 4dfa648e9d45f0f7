"""Differences of two versions of a form, as sentences for the admin who publishes the newer one."""

from collections.abc import Callable

from helpdesk.domain.forms.field_types import field_type_for
from helpdesk.models.form import Field, FormVersion
from helpdesk.translation import gettext


def describe_changes(old: FormVersion | None, new: FormVersion) -> list[str]:
    """Return what publishing ``new`` after ``old`` changes, as sentences; empty if nothing."""
    before = {field.key: field for field in (old.fields if old else ())}
    after = {field.key: field for field in new.fields}
    sentences = [
        gettext("Adds “%(field)s” (%(kind)s).", field=field.label, kind=field_type_for(field).label)
        for key, field in after.items()
        if key not in before
    ]
    sentences += [
        gettext("Removes “%(field)s”.", field=field.label) for key, field in before.items() if key not in after
    ]
    for key in (key for key in after if key in before):
        sentences += _describe_field(before[key], after[key])
    remaining = [key for key in before if key in after]
    if remaining != [key for key in after if key in before]:
        sentences.append(gettext("Changes the order of the fields."))
    return sentences


def _describe_field(old: Field, new: Field) -> list[str]:
    sentences = []
    if old.label != new.label:
        sentences.append(gettext("Renames “%(old)s” to “%(new)s”.", old=old.label, new=new.label))
    descriptions: dict[str, Callable[[Field], str]] = {
        "kind": lambda field: str(field_type_for(field).label),
        "required": lambda field: gettext("required") if field.required else gettext("optional"),
        "team_only": lambda field: gettext("only the team sees it") if field.team_only else gettext("customers see it"),
        "customer_fills": lambda field: (
            gettext("customers fill it in") if field.customer_fills else gettext("only the team fills it in")
        ),
        "options": lambda field: ", ".join(field.options) or gettext("no answers offered"),
        "default": lambda field: (
            gettext("default “%(default)s”", default=field.default) if field.default else gettext("no default")
        ),
        "shown_if_key": _describe_condition,
    }
    for describe in descriptions.values():
        if describe(old) != describe(new):
            sentences.append(
                gettext(
                    "“%(field)s”: %(now)s (was: %(before)s).",
                    field=new.label,
                    now=describe(new),
                    before=describe(old),
                )
            )
    if (old.help, old.placeholder) != (new.help, new.placeholder):
        sentences.append(gettext("“%(field)s”: other words of help.", field=new.label))
    return sentences


def _describe_condition(field: Field) -> str:
    if not field.shown_if_key:
        return gettext("always shown")
    if not field.shown_if_value:
        return gettext("shown if %(field)s is answered", field=field.shown_if_key)
    return gettext("shown if %(field)s is “%(value)s”", field=field.shown_if_key, value=field.shown_if_value)
