"""What a request may hold: numbers that a database can hold, and texts without the one character that none keeps.

Said here once, so that no view has to remember it: a number too large and a NUL in a path lead nowhere, one in a form is dropped.
"""

import flask
from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import IntegerConverter, UnicodeConverter

MAX_DIGITS = 18  # more may not fit a BIGINT
MOST_FROM_STRANGERS = 1024 * 1024  # bytes of a body


class FormData(ImmutableMultiDict):
    """A form's or an address's parameters."""

    def __init__(self, mapping=None):
        if mapping is not None and not isinstance(mapping, MultiDict):
            mapping = [(_without_nul(name), _without_nul(value)) for name, value in mapping]
        super().__init__(mapping)


class Request(flask.Request):
    """A request; only a browser that was signed in may bring files, because a body is read before anybody knows who asks."""

    parameter_storage_class = FormData

    @property
    def max_content_length(self) -> int | None:
        if self._max_content_length is None and flask.has_request_context() and "_user_id" not in flask.session:
            return MOST_FROM_STRANGERS
        return super().max_content_length

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value


class BigIntConverter(IntegerConverter):
    """``<int:…>``: a row's number."""

    regex = "[0-9]{1,19}"

    def __init__(self, map, **options):
        super().__init__(map, **{"max": 2**63 - 1, **options})


class NulFreeConverter(UnicodeConverter):
    """``<…>``: one part of a path."""

    def __init__(self, map, **options):
        super().__init__(map, **options)
        self.regex = self.regex.replace("[^/]", "[^/\\x00]")


def parse_id(text: str | None) -> int | None:
    """The number of a row that ``text`` names; None where it is no number or none that a BIGINT holds."""
    return int(text) if text and text.isdecimal() and len(text) <= MAX_DIGITS else None


def register(app: Flask) -> None:
    """Read every request so."""
    app.request_class = Request
    app.url_map.converters |= {"int": BigIntConverter, "string": NulFreeConverter, "default": NulFreeConverter}


def _without_nul(value: object) -> object:
    return value.replace("\x00", "") if isinstance(value, str) else value
