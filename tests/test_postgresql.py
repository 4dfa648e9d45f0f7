"""PostgreSQL connections and transactions: lost connections are replaced, writes are one transaction."""

import psycopg
import pytest
from sqlalchemy import create_engine, text

from helpdesk import extensions
from helpdesk.database import postgresql, transactions
from tests import conftest

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
MINE = text("SELECT pg_backend_pid()")


def test_lost_idle_connection_is_replaced(app, session, database_url, monkeypatch):
    monkeypatch.setattr(postgresql, "PING_AFTER_SECONDS", 0.0)
    pid = session.scalar(MINE)
    session.rollback()
    conftest.run_sql(database_url, f"SELECT pg_terminate_backend({pid})")
    assert session.scalar(MINE) != pid


def test_writes_after_reads_are_one_transaction(app, session):
    session.execute(text("CREATE TEMP TABLE tried (id int)"))
    session.commit()
    with transactions.read_only():
        session.scalar(MINE)
    session.execute(text("INSERT INTO tried VALUES (1)"))
    session.rollback()
    assert session.scalar(text("SELECT count(*) FROM tried")) == 0


def test_reads_only_open_no_transaction(app, session):
    with transactions.read_only():
        session.scalar(MINE)
        driver = session.connection().connection.dbapi_connection
        assert driver.info.transaction_status.name == "IDLE"
    session.scalar(MINE)
    assert session.connection().connection.dbapi_connection.info.transaction_status.name == "INTRANS"


def test_reader_sees_rows_committed_meanwhile(app, session, make, database_url):
    make.organization("Globex")
    names = text("SELECT name FROM organizations")
    with transactions.read_only():
        assert session.scalars(names).all() == ["Globex"]
        conftest.run_sql(database_url, "UPDATE organizations SET name = 'Globex Ltd'")
        assert session.scalars(names).all() == ["Globex Ltd"]


def test_autocommit_connection_stays_autocommit(app, database_url):
    engine = create_engine(extensions.db.engine.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE stays (id int)"))
    engine.dispose()
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM stays").fetchone() == (0,)
        connection.execute("DROP TABLE stays")
