"""The words of people, organizations, tags and articles, which are kept beside their names, written anew."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, select, update

from helpdesk.markup import markdown_rendering
from helpdesk.markup.search_words import join_words
from helpdesk.models.article import Article
from helpdesk.models.organization import Organization
from helpdesk.models.tag import Tag
from helpdesk.models.user import User, UserAlias

BATCH_SIZE = 1000
Words = dict[str, str]

_user, _alias, _organization, _tag, _article = (
    model.__table__ for model in (User, UserAlias, Organization, Tag, Article)
)


def renew_names(connection: Connection) -> int:
    """Write the words of all names anew where they differ from what a search asks for; returns how many did."""
    aliases: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(select(*_alias.c["user_id", "email"]).order_by(_alias.c.id)):
        aliases[row.user_id].append(row.email)
    return (
        _renew(
            connection, _user, ("name", "email"), lambda row: _as_words(row.name, row.email, *aliases.get(row.id, ()))
        )
        + _renew(connection, _organization, ("name", "slug"), lambda row: _as_words(row.name, row.slug))
        + _renew(connection, _tag, ("name",), lambda row: _as_words(row.name))
        + _renew(connection, _article, ("title", "body", "title_words"), _article_words)
    )


def _as_words(*texts: str | None) -> Words:
    return {"search_words": join_words(*texts)}


def _article_words(row: Row[Any]) -> Words:
    text = markdown_rendering.markdown_to_text(row.body)
    return {"title_words": join_words(row.title), "search_words": join_words(row.title, text)}


def _renew(
    connection: Connection, table: Table, columns: tuple[str, ...], make_words: Callable[[Row[Any]], Words]
) -> int:
    """Write the words of the rows of ``table``, batch by batch in the order of their ids; returns how many differed."""
    query = select(*table.c["id", *columns, "search_words"]).order_by(table.c.id).limit(BATCH_SIZE)
    last, renewed = 0, 0
    while rows := connection.execute(query.where(table.c.id > last)).all():
        last = rows[-1].id
        for row in (row for row in rows if row.search_words):  # an erased name has none
            words = make_words(row)
            if any(getattr(row, name) != value for name, value in words.items()):
                connection.execute(update(table).where(table.c.id == bindparam("row")).values(words), {"row": row.id})
                renewed += 1
    return renewed
