"""Conditions by which people and organizations are found by name, however it is written, and in which order."""

from sqlalchemy import ColumnElement, and_, false, select, tuple_
from sqlalchemy.orm import aliased

from helpdesk.markup import search_words
from helpdesk.models.organization import Organization
from helpdesk.models.user import User

ORGANIZATIONS_BY_NAME = (Organization.search_words, Organization.id)  # an index has this order


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


def comes_after(organization_id: int) -> ColumnElement[bool]:
    """Whether an organization comes after the one with this id in ORGANIZATIONS_BY_NAME."""
    last = aliased(Organization)
    last_words = select(last.search_words).where(last.id == organization_id).scalar_subquery()
    return tuple_(*ORGANIZATIONS_BY_NAME) > tuple_(last_words, organization_id)
