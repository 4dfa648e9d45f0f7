"""Conditions by which people and organizations are found by name, however it is written."""

from sqlalchemy import ColumnElement, and_, false

from helpdesk.markup import search_words
from helpdesk.models.organization import Organization
from helpdesk.models.user import User


def is_named(model: type[User] | type[Organization], text: str) -> ColumnElement[bool]:
    """Whether the name of a row of ``model`` contains ``text``, or has all of its words."""
    return model.name.icontains(text, autoescape=True) | has_words(model, text)


def has_words(model: type[User] | type[Organization], text: str, *, whole: bool = False) -> ColumnElement[bool]:
    """Whether the name of a row of ``model`` has every word of ``text``, or with ``whole`` as a word of its own.

    Without a word none has.
    """
    tokens = [
        token
        for word in search_words.split_words(text)
        for token in (search_words.cut_into_pairs(word) if search_words.is_unspaced(word) else [word])
    ]
    if not tokens:
        return false()
    return and_(*(model.search_words.contains(f" {token} " if whole else token, autoescape=True) for token in tokens))
