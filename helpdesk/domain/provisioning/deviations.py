"""What Entra ID sends in a PATCH that the library does not take, as the standard has it (RFC 7644, section 3.5.2).

Source: Microsoft, "Known issues and resolutions with SCIM 2.0 protocol compliance". The other deviations are options of
the library (``service.POLICY``).
"""

import json
from typing import Any

Operation = dict[str, Any]


def normalize_patch(body: bytes) -> bytes:
    """Return ``body`` with its operations as the standard has them; any other body as it is."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return body
    operations = found.get("Operations") if isinstance(found, dict) else None
    if not isinstance(operations, list):
        return body
    split = [part for each in operations for part in (_split(each) if isinstance(each, dict) else [each])]
    return body if split == operations else json.dumps(found | {"Operations": split}).encode()


def _split(operation: Operation) -> list[Operation]:
    """``operation`` in parts: a manager is an object, and names with dots or of a schema are paths."""
    path, value = operation.get("path"), operation.get("value")
    if isinstance(path, str) and path.lower().endswith(":manager") and isinstance(value, str):
        return [operation | {"value": {"value": value}}]
    if path or not isinstance(value, dict):
        return [operation]
    paths = {name: each for name, each in value.items() if _is_path(name, each)}
    rest = {name: each for name, each in value.items() if name not in paths}
    parts = [part for name, each in paths.items() for part in _split(operation | {"path": name, "value": each})]
    return [*([operation | {"value": rest}] if rest or not parts else []), *parts]


def _is_path(name: str, value: object) -> bool:
    """Whether ``name`` is a path such as "name.givenName", and no attribute and no schema with its attributes."""
    return not isinstance(value, dict) if name.lower().startswith("urn:") else "." in name
