"""Find articles by the words of a question, which are compared as those of a search of tickets."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, and_, case, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from helpdesk.domain.knowledge_base import articles
from helpdesk.domain.ticket_lists import search_syntax
from helpdesk.domain.ticket_lists.search_syntax import Term
from helpdesk.extensions import db
from helpdesk.markup import search_words
from helpdesk.models.article import Article
from helpdesk.models.user import User

MAX_LENGTH = 500  # characters of a question that are read
MAX_FOUND = 50
TITLE_WEIGHT = 3  # of a word in the title; one in the text counts 1
MIN_SUBJECT_LENGTH = 4


def search_articles(reader: User | None, text: str, language: str, *, size: int = MAX_FOUND) -> list[Article]:
    """Return the articles readable by ``reader`` that have every word of ``text``, the best first.

    A word is found by its beginning, without regard to case and accents. Each article once, in ``language`` where
    that translation has the words too.
    """
    terms = search_syntax.read_terms(text[:MAX_LENGTH])
    return _find(reader, terms, and_, language, size) if terms else []


def suggest_articles(reader: User | None, subject: str, language: str, *, size: int = 3) -> list[Article]:
    """Return the articles readable by ``reader`` that have a longer word of ``subject``, the best first."""
    if len(subject.strip()) < MIN_SUBJECT_LENGTH or not articles.has_articles(reader):
        return []
    telling = [term for term in search_syntax.read_terms(subject[:MAX_LENGTH]) if term.is_telling]
    return _find(reader, telling, or_, language, size) if telling else []


def _has(words: InstrumentedAttribute[str], term: Term) -> ColumnElement[bool]:
    """The condition that ``words``, made by ``search_words.join_words``, have ``term``."""
    spellings = [tokens for tokens in term.alternatives if not search_words.is_of_compounds(tokens[0])]
    return or_(*(and_(*(words.contains(f" {token}", autoescape=True) for token in tokens)) for tokens in spellings))


def _find(
    reader: User | None, terms: Sequence[Term], combine: Callable[..., ColumnElement[bool]], language: str, size: int
) -> list[Article]:
    in_text = [_has(Article.search_words, term) for term in terms]
    in_title = [_has(Article.title_words, term) for term in terms]
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
