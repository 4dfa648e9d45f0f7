"""What a program wants to read of a row: only some properties (``fields``), and more about its parts (``expand``)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from helpdesk.domain.errors import ValidationError
from helpdesk.domain.representations import Representation
from helpdesk.web.api import schemas

# The properties of a ticket that are only in an answer if they are asked for, by what ``expand`` names.
EXPANSIONS = {
    "messages": {"messages": True},
    **{name: {name: set(schemas.PERSON_DETAILS)} for name in ("requester", "assignee")},
    "organization": {"organization": set(schemas.ORGANIZATION_DETAILS)},
}


@dataclass(frozen=True)
class Selection:
    """``fields``: the names of the properties to answer with, None for all. ``expand``: keys of EXPANSIONS."""

    fields: frozenset[str] | None = None
    expand: frozenset[str] = field(default_factory=frozenset)

    def dump(self, schema: type[Representation], value: object) -> dict[str, Any]:
        """``value``, a row or an object of ``schema``, as the selected plain JSON values."""
        excluded = self._list_excluded() if schema is schemas.Ticket else None
        model = value if isinstance(value, schema) else schema.model_validate(value)
        dumped = model.model_dump(mode="json", exclude=excluded)
        if self.fields is None:
            return dumped
        return {name: each for name, each in dumped.items() if name in self.fields}

    def _list_excluded(self) -> dict[str, Any]:
        return {name: what for key, each in EXPANSIONS.items() if key not in self.expand for name, what in each.items()}


EVERYTHING = Selection()


def read_selection(schema: type[Representation], parameters: schemas.FieldsParameters) -> Selection:
    """What the query parameters ``fields`` and ``expand`` select of ``schema``. Raises ValidationError."""
    expand = _split(getattr(parameters, "expand", None), EXPANSIONS, "expand")
    fields = _split(parameters.fields, schemas.list_properties(schema), "fields")
    # What is expanded is read, whatever else is.
    return Selection(frozenset(fields) | frozenset(expand) if fields else None, frozenset(expand))


def _split(text: str | None, known: Iterable[str], name: str) -> list[str]:
    words = text.split(",") if text else []
    if unknown := [word for word in words if word not in known]:
        raise ValidationError(schemas.INVALID_REQUEST, errors={name: f"There is no {unknown[0][:80]} here."})
    return words
