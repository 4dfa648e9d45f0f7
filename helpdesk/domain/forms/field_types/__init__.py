"""The types of form fields: one class in one file each.

A file in this package is enough for a new type (docs/how-to/add-a-field-type.md).
"""

import importlib
import pkgutil

from helpdesk.domain.forms.field_types.base import AnswerContext, FieldType, InvalidAnswer, read_label
from helpdesk.models.form import Field

__all__ = [
    "AnswerContext",
    "FieldType",
    "InvalidAnswer",
    "all_types",
    "field_type_for",
    "get_field_type",
    "labels",
    "read_label",
    "register",
    "unregister",
]

_types: dict[str, FieldType] = {}


def register(field_type: type[FieldType]) -> type[FieldType]:
    """Register a type by its ``name``. Raises ValueError if the name is taken or longer than its column."""
    if field_type.name in _types or not 0 < len(field_type.name) <= 16:
        raise ValueError(f"{field_type.name!r} is taken or cannot be the name of a field type")
    _types[field_type.name] = field_type()
    return field_type


def unregister(name: str) -> None:
    """Remove a type, as a test does with its own."""
    _types.pop(name)


def all_types() -> list[FieldType]:
    """Return every type, in the order in which admins see them."""
    return sorted(_types.values(), key=lambda each: (each.position, each.name))


def get_field_type(name: str) -> FieldType:
    """Return the type called ``name``. Raises KeyError if there is none."""
    return _types[name]


def field_type_for(field: Field) -> FieldType:
    """Return the type of ``field``."""
    return get_field_type(field.kind)


def labels() -> dict[str, str]:
    """Return the label of each type that admins read, by its name."""
    return {each.name: each.label for each in all_types()}


def _register_all() -> None:
    for module in pkgutil.iter_modules(__path__):
        if module.name == "base":
            continue
        members = vars(importlib.import_module(f"{__name__}.{module.name}")).values()
        for each in members:
            if (
                isinstance(each, type)
                and issubclass(each, FieldType)
                and each.__module__ == f"{__name__}.{module.name}"
            ):
                register(each)


_register_all()  # as this package is imported, so that two first requests cannot register them at once
