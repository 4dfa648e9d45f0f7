"""Limits of request parameters: ids that fit a BIGINT, and texts without NUL, which databases do not store.

Defined here once for all views: an id that is too large and a NUL in a path give 404; NULs in a form are removed, and
so are fields without a name. A form that cannot be read gives 400, as it would change things like an empty one.
"""

from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter

from helpdesk.extensions import db

MAX_ANONYMOUS_BODY_BYTES = 1024 * 1024


class FormData(ImmutableMultiDict):
    """The parameters of a form or a URL, without NUL characters. Each has a name; a part of a form may have none."""

    def __init__(self, mapping: Any = None) -> None:
        if mapping is not None and not isinstance(mapping, MultiDict):
            mapping = [(_without_nul(name), _without_nul(value)) for name, value in mapping if name is not None]
        super().__init__(mapping)


class Request(flask.Request):
    """A request with FormData as form and args."""

    parameter_storage_class = FormData

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> Any:
        """As Werkzeug's, which would cut a body without a stated length at the limit; here that is 413."""
        self._end_transaction()
        data: Any = super().get_data(cache=cache, as_text=as_text, parse_form_data=parse_form_data)
        if self.content_length is None and self.max_content_length and len(data) >= self.max_content_length:
            raise RequestEntityTooLarge
        return data

    def make_form_data_parser(self) -> FormDataParser:
        """As Werkzeug's, which would take a form that cannot be read for an empty one."""
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser

    def _load_form_data(self) -> None:
        if "form" not in self.__dict__:
            self._end_transaction()
        try:
            super()._load_form_data()
        except ValueError as error:
            empty = self.parameter_storage_class()
            self.__dict__ |= {"stream": BytesIO(), "form": empty, "files": empty}  # for the page that says so
            raise BadRequest from error

    def _end_transaction(self) -> None:
        """Hold no connection to the database, and no lock, while a client sends the body as slowly as it likes.

        A short one is here already (``helpdesk/wsgi_adapter.py``).
        """
        if not isinstance(self.environ["wsgi.input"], BytesIO) and db.session().in_transaction():
            db.session.rollback()


class IdConverter(IntegerConverter):
    """``<int:…>`` in a route: a row's id. No row has one of more digits, and it would not fit the databases' type.

    By its digits, not by ``max``: Werkzeug answers 405, not 404, where the number alone is refused.
    """

    regex = "[0-9]{1,18}"


class NulFreeConverter(UnicodeConverter):
    """``<…>`` in a route: one part of a path, without NUL."""

    def __init__(self, map: Map, **options: Any) -> None:
        super().__init__(map, **options)
        self.regex = self.regex.replace("[^/]", "[^/\\x00]")


def register(app: Flask) -> None:
    """Use these request and converter classes."""
    app.request_class = Request
    app.url_map.converters |= {"int": IdConverter, "string": NulFreeConverter, "default": NulFreeConverter}


def limit_anonymous_body() -> None:
    """Allow large bodies only with a session cookie: a body is read before the session is checked."""
    if "_user_id" not in flask.session:
        flask.request.max_content_length = MAX_ANONYMOUS_BODY_BYTES


def get_path_of_page(address: str | None) -> str:
    """The path and the parameters in the address of a page, as a header names it; empty if it is no address."""
    try:
        return urlsplit(address or "")._replace(scheme="", netloc="", fragment="").geturl()
    except ValueError:
        return ""


def _without_nul(value: object) -> object:
    return value.replace("\x00", "") if isinstance(value, str) else value
