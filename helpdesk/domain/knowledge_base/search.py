"""Find articles by the words of a question, which are compared as those of a search of tickets."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, case, literal, or_, select

from helpdesk.domain.knowledge_base import articles
from helpdesk.extensions import db
from helpdesk.markup import search_words
from helpdesk.models.article import Article
from helpdesk.models.user import User

MAX_WORDS = 12
MAX_FOUND = 50
TITLE_WEIGHT = 3  # of a word in the title; one in the text counts 1
MIN_SUBJECT_LENGTH = 4


def search_articles(reader: User | None, text: str, language: str, *, size: int = MAX_FOUND) -> list[Article]:
    """Return the articles readable by ``reader`` that have every word of ``text``, the best first.

    A word is found by its beginning, without regard to case and accents. Each article once, in ``language`` where
    that translation has the words too.
    """
    words = _split(text)
    return _find(reader, words, and_, language, size) if words else []


def suggest_articles(reader: User | None, subject: str, language: str, *, size: int = 3) -> list[Article]:
    """Return the articles readable by ``reader`` that have a longer word of ``subject``, the best first."""
    if len(subject.strip()) < MIN_SUBJECT_LENGTH or not articles.has_articles(reader):
        return []
    telling = [word for word in _split(subject) if len(word) > (1 if search_words.is_unspaced(word) else 3)]
    return _find(reader, telling, or_, language, size) if telling else []


def _split(text: str) -> list[str]:
    found: list[str] = []
    for word in search_words.split_words(text[:500]):
        found += search_words.cut_into_pairs(word) if search_words.is_unspaced(word) else [word]
    return list(dict.fromkeys(found))[:MAX_WORDS]


def _find(
    reader: User | None, words: list[str], combine: Callable[..., ColumnElement[bool]], language: str, size: int
) -> list[Article]:
    in_text = [Article.search_words.contains(f" {word}", autoescape=True) for word in words]
    in_title = [Article.title_words.contains(f" {word}", autoescape=True) for word in words]
    score: ColumnElement[int] = literal(0)
    for title, text in zip(in_title, in_text, strict=True):
        score = score + case((title, TITLE_WEIGHT), (text, 1), else_=0)
    query = (
        select(Article)
        .where(*articles.readable_condition(reader), combine(*in_text))
        .order_by(score.desc(), Article.helped.desc(), Article.id.desc())
        .limit(size * 3)
    )
    return articles.choose_languages(db.session.scalars(query).all(), language)[:size]
