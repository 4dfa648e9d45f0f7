"""The cursor of psycopg that describes a result only where somebody reads that."""

import psycopg
import pytest
from sqlalchemy import select

from helpdesk.database import postgresql_cursor
from helpdesk.models.user import User

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_a_result_is_described_as_psycopg_does(session):
    connection = session.connection().connection.dbapi_connection
    cursor = connection.cursor()
    assert isinstance(cursor, postgresql_cursor.LazilyDescribedCursor)
    query = "SELECT 1::bigint AS number, 'word'::varchar(9) AS text, now() AS moment"
    described, known = cursor.execute(query).description, psycopg.Cursor(connection).execute(query).description
    assert len(described) == 3 and [tuple(column) for column in described] == [tuple(column) for column in known]
    assert described[0].name == "number" and [column.name for column in described[1:]] == ["text", "moment"]
    assert cursor.execute("SET LOCAL lock_timeout = 0").description is None


def test_columns_of_a_statement_that_is_executed_again_are_not_described(session, monkeypatch):
    described = []

    class Noting(postgresql_cursor.LazyDescription):
        @property
        def _columns(self):
            described.append(self)
            return self._read_columns()

    monkeypatch.setattr(postgresql_cursor, "LazyDescription", Noting)
    query = select(User.email, User.name).where(User.role == "nobody", User.id == 0)
    assert session.execute(query).all() == [] and described
    described.clear()
    assert session.execute(query).all() == [] and not described
