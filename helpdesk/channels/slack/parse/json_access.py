"""Read untrusted JSON that may have any shape: each function returns the wanted type, or an empty one. Pure."""

from typing import Any


def text_or_empty(value: Any) -> str:
    """Return ``value`` if it is text, else ""."""
    return value if isinstance(value, str) else ""


def object_in(whole: Any, name: str) -> dict:
    """Return the object called ``name`` in ``whole``, else {}."""
    value = whole.get(name) if isinstance(whole, dict) else None
    return value if isinstance(value, dict) else {}


def objects_in(value: Any) -> list[dict]:
    """Return the objects in the list ``value``, else []."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
