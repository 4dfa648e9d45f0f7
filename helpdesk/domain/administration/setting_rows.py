"""Rows of the table of settings in which processes keep what they have in common."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.extensions import db
from helpdesk.models.setting import Setting


def lock_row(key: str, first: Any) -> Setting:
    """Return the row ``key``, locked until the transaction ends; added with the value ``first`` where there is none.

    Of two that add it at the same time, the second waits and gets the row of the first.
    """
    query = select(Setting).where(Setting.key == key).with_for_update()
    row = db.session.scalar(query)
    if row is None:
        dialect = sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
        db.session.execute(dialect.insert(Setting).values(key=key, value=first).on_conflict_do_nothing())
        row = db.session.scalars(query).one()
    return row
