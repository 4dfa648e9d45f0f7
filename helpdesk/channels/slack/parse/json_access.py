"""Reading JSON that came from outside and may have any shape: the wanted type, or an empty one. Pure."""

from typing import Any


def text_or_empty(value: Any) -> str:
    """``value`` if it is text, else ""."""
    return value if isinstance(value, str) else ""


def object_in(whole: Any, name: str) -> dict:
    """The object called ``name`` in ``whole``, else {}."""
    value = whole.get(name) if isinstance(whole, dict) else None
    return value if isinstance(value, dict) else {}


def objects_in(value: Any) -> list[dict]:
    """The objects in the list ``value``, else []."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
