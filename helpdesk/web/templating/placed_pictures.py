"""Show the pictures that stand in the text of a message in their places, and its other files below it."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from flask import Flask
from markupsafe import Markup, escape

from helpdesk.markup import picture_marks


class _File(Protocol):
    key: str
    name: str
    state: str
    is_image: bool


def register(app: Flask) -> None:
    """Register the filters."""
    app.add_template_filter(place_pictures)
    app.add_template_filter(list_unplaced)


def place_pictures(html: str, files: Iterable[_File]) -> Markup:
    """Put the pictures among ``files`` in place of their marks. ``html`` is sanitized and belongs to one message, whose
    files they are: a text shows no file of another message.
    """
    if "(picture: " not in html:
        return Markup(html)
    pictures: dict[str, str] = {}
    for file in files:
        if file.is_image and file.state in (None, "stored"):
            pictures.setdefault(file.name, _picture(file))
    return picture_marks.show_pictures(html, pictures)


def list_unplaced(files: Sequence[_File], html: str) -> list[_File]:
    """Return the files that ``place_pictures`` did not put into ``html``."""
    return [file for file in files if _source(file) not in html]


def _picture(file: _File) -> str:
    return (
        f'<a class="placed-picture" href="/files/{escape(file.key)}" target="_blank" rel="noopener">'
        f'{_source(file)} alt="{escape(file.name)}" loading="lazy"></a>'
    )


def _source(file: _File) -> str:
    return f'<img src="/files/{escape(file.key)}"'
