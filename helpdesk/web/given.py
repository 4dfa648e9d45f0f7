"""What a request may hold: numbers that a database can hold, and texts without the one character that none keeps.

Said here once, so that no view has to remember it: a number too large and a NUL in a path lead nowhere, one in a form is dropped.
"""

import flask
from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import IntegerConverter, UnicodeConverter

MOST_FROM_STRANGERS = 1024 * 1024  # bytes of a body


class Texts(ImmutableMultiDict):
    """A form's or an address's parameters."""

    def __init__(self, mapping=None):
        if mapping is not None and not isinstance(mapping, MultiDict):
            mapping = [(_kept(name), _kept(value)) for name, value in mapping]
        super().__init__(mapping)


class Request(flask.Request):
    """A request whose form and address are read so."""

    parameter_storage_class = Texts


class Number(IntegerConverter):
    """``<int:…>``: a row's number."""

    regex = "[0-9]{1,19}"

    def __init__(self, map, **options):
        super().__init__(map, **{"max": 2**63 - 1, **options})


class Text(UnicodeConverter):
    """``<…>``: one part of a path."""

    def __init__(self, map, **options):
        super().__init__(map, **options)
        self.regex = self.regex.replace("[^/]", "[^/\\x00]")


def register(app: Flask) -> None:
    """Read every request so, before anything else looks at it."""
    app.request_class = Request
    app.url_map.converters |= {"int": Number, "string": Text, "default": Text}
    app.before_request(_limit_strangers)


def _limit_strangers() -> None:
    """Only a browser that was signed in may bring files: a body is read before anybody knows who asks."""
    if "_user_id" not in flask.session:
        flask.request.max_content_length = MOST_FROM_STRANGERS


def _kept(value: object) -> object:
    return value.replace("\x00", "") if isinstance(value, str) else value
