"""Help articles: who may read which, and how they are listed, saved and deleted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import defer
from sqlalchemy.orm.exc import StaleDataError

from helpdesk import clock, urls
from helpdesk.database.row_ids import is_id
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ConflictError, ensure_fields
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.markup import markdown_escaping
from helpdesk.markup.name_order import name_key, sort_by_name
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.article import Article, Audience
from helpdesk.models.user import User
from helpdesk.translation import LANGUAGES, gettext, lazy_gettext

MAX_TITLE_LENGTH = 200
MAX_CATEGORY_LENGTH = 80
MAX_BODY_LENGTH = 50_000
MAX_LISTED = 500
AUDIENCE_LABELS = {
    Audience.signed_in: lazy_gettext("Only people who are signed in"),
    Audience.public: lazy_gettext("Everybody, also without signing in"),
}


@dataclass(frozen=True)
class ArticleText:
    """What is entered for an article. ``original_id``: of which article it is a translation, None for an original."""

    title: str
    body: str
    category: str
    language: str
    audience: str
    is_published: bool
    original_id: int | None = None


def readable_condition(reader: User | None) -> list[ColumnElement[bool]]:
    """Return the conditions under which ``reader``, None for somebody not signed in, may read an article."""
    conditions: list[ColumnElement[bool]] = [Article.published_at.is_not(None)]
    if reader is None or not reader.is_active:
        conditions.append(Article.audience == Audience.public)
    return conditions


def find_article(reader: User | None, article_id: int) -> Article | None:
    """Return the article if ``reader`` may read it: the team also drafts."""
    if not is_id(article_id):
        return None
    conditions = [] if reader is not None and reader.is_team else readable_condition(reader)
    return db.session.scalar(select(Article).where(Article.id == article_id, *conditions))


def list_all() -> list[Article]:
    """Return every article for the team, drafts too, by category and title, without their texts."""
    query = select(Article).options(defer(Article.body), defer(Article.search_words))
    return _sort(db.session.scalars(query.order_by(Article.id)))


def list_readable(reader: User | None, language: str) -> list[Article]:
    """Return what ``reader`` may read, by category and title: each article once, in ``language`` where there is one."""
    query = select(Article).where(*readable_condition(reader)).options(defer(Article.body), defer(Article.search_words))
    found = db.session.scalars(query.order_by(Article.category, Article.title_words, Article.id).limit(MAX_LISTED))
    return choose_languages(_sort(found), language)


def _sort(found: Iterable[Article]) -> list[Article]:
    return sorted(found, key=lambda each: (name_key(each.category), name_key(each.title)))


def choose_languages(found: Sequence[Article], language: str) -> list[Article]:
    """Return one article of each group of translations, in their order: in ``language``, else the original."""
    best: dict[int, Article] = {}
    for article in found:
        known = best.get(article.original_id)
        if known is None or _preference(article, language) > _preference(known, language):
            best[article.original_id] = article
    chosen = {article.id for article in best.values()}
    return [article for article in found if article.id in chosen]


def list_translations(reader: User | None, article: Article) -> list[Article]:
    """Return the same article in other languages, as far as ``reader`` may read them."""
    is_same = (Article.id == article.original_id) | (Article.translation_of_id == article.original_id)
    query = select(Article).where(is_same, Article.id != article.id, *readable_condition(reader))
    return list(db.session.scalars(query.order_by(Article.language, Article.id)))


def in_language(reader: User | None, article: Article, language: str) -> Article:
    """Return the article in ``language`` if ``reader`` may read that translation, else itself."""
    if article.language == language:
        return article
    others = list_translations(reader, article)
    return next((each for each in others if each.language == language), article)


def list_categories() -> list[str]:
    """Return the categories in use, by name."""
    query = select(Article.category).where(Article.category != "").distinct()
    return sort_by_name(db.session.scalars(query), str)


def article_url(article: Article) -> str:
    """Return the address of the article's page."""
    return urls.absolute_url(f"/articles/{article.id}")


def write_link(article: Article) -> str:
    """Return a link to the article in Markdown, to be inserted into a reply."""
    return f"[{markdown_escaping.escape_text(article.title, in_label=True)}]({article_url(article)})"


def save_article(article: Article | None, text: ArticleText, *, actor: User, version: int | None = None) -> Article:
    """Save an article, a new one if ``article`` is None; ``version`` is the one that was read.

    Raises PermissionDenied, ValidationError with a sentence for each field, or ConflictError.
    """
    permissions.ensure(permissions.can_review(actor), gettext("Leads and admins write articles."))
    title, category = to_one_line(text.title), to_one_line(text.category)
    body = text.body.replace("\r\n", "\n").strip()
    original = find_article(actor, text.original_id) if text.original_id is not None else None
    is_there = original is not None or text.original_id is None
    is_other = original is None or article is None or original.original_id != article.id
    ensure_fields(
        gettext("Some answers need another look."),
        ("title", 0 < len(title) <= MAX_TITLE_LENGTH, gettext("Give the article a title.")),
        ("body", 0 < len(body) <= MAX_BODY_LENGTH, gettext("Write between 1 and 50,000 characters.")),
        ("category", len(category) <= MAX_CATEGORY_LENGTH, gettext("Write at most 80 characters.")),
        ("language", text.language in LANGUAGES, gettext("Choose a language.")),
        ("audience", text.audience in list(Audience), gettext("Choose who reads it.")),
        ("original", is_other, gettext("An article is no translation of itself.")),
        ("original", is_there, gettext("This article does not exist any more.")),
    )
    if article is not None and version != article.version:
        raise ConflictError(_stale())
    if article is None:
        article = Article(title=title, body=body, language=text.language)
        db.session.add(article)
    was_published = article.is_published
    article.title, article.body, article.category = title, body, category
    article.language, article.audience = text.language, text.audience
    article.translation_of_id = original.original_id if original is not None else None
    article.published_at = (article.published_at or clock.now()) if text.is_published else None
    article.updated_at, article.updated_by_id = clock.now(), actor.id
    try:
        db.session.flush()
    except StaleDataError:
        raise ConflictError(_stale()) from None
    if article.is_published or was_published:
        action = "published an article" if article.is_published else "withdrew an article"
        audit_log.add_entry(action, actor, title, audience=article.audience, language=article.language)
    _update_readers()
    return article


def delete_article(article: Article, *, actor: User) -> None:
    """Delete an article; its translations stay. Raises PermissionDenied."""
    permissions.ensure(permissions.can_review(actor), gettext("Leads and admins write articles."))
    audit_log.add_entry("deleted an article", actor, article.title, language=article.language)
    db.session.delete(article)
    db.session.flush()
    db.session.expire_all()
    _update_readers()


def _preference(article: Article, language: str) -> tuple[bool, bool]:
    return article.language == language, article.translation_of_id is None


def _update_readers() -> None:
    """Record for whom there are articles, so that no page has to ask whether to show a link to them."""
    published = set(db.session.scalars(select(Article.audience).where(Article.published_at.is_not(None)).distinct()))
    readers = "public" if Audience.public in published else "signed_in" if published else ""
    if settings.load_all()["article_readers"] != readers:
        settings.set("article_readers", readers)


def _stale() -> str:
    return gettext("Somebody else changed this article meanwhile. Reload the page and change it again.")


def has_articles(reader: User | None) -> bool:
    """Whether there may be an article for ``reader``, without a query."""
    readers = settings.get("article_readers")
    return bool(readers == "public" or (readers and reader is not None))


def list_titles(articles: Iterable[Article]) -> list[tuple[str, str]]:
    """Return id and title of ``articles``, as choices of a form."""
    return [(str(article.id), article.title) for article in articles]
