"""PostgreSQL connections and transactions: lost connections are replaced, writes are one transaction."""

import contextlib
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import time_machine
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError

from helpdesk import clock, config, extensions
from helpdesk.database import postgresql, postgresql_server, transactions
from tests import conftest

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
MINE = text("SELECT pg_backend_pid()")


def test_lost_idle_connection_is_replaced(app, session, database_url, monkeypatch):
    monkeypatch.setattr(postgresql, "PING_AFTER_SECONDS", 0.0)
    pid = session.scalar(MINE)
    session.rollback()
    conftest.run_sql(database_url, f"SELECT pg_terminate_backend({pid})")
    assert session.scalar(MINE) != pid


def test_no_connection_is_closed_after_use(app, session):
    session.rollback()
    with app.app_context():
        engine = extensions.db.engine
    opened: list[int] = []
    event.listen(engine, "connect", lambda *_: opened.append(1))
    for _ in range(3):
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(engine.connect()) for _ in range(config.current().DATABASE_CONNECTIONS)]
            pids = {connection.scalar(MINE) for connection in connections}
    assert len(pids) == config.current().DATABASE_CONNECTIONS >= len(opened)
    with engine.connect() as first:
        pid = first.scalar(MINE)
    with engine.connect() as second:
        assert second.scalar(MINE) == pid, "the one that was used last"


@pytest.mark.parametrize("is_read_only", [False, True])
def test_a_connection_that_broke_unnoticed_is_an_outage_and_then_replaced(app, session, is_read_only):
    """The error handlers know SQLAlchemy's errors; the driver's own would be an error of the portal."""
    mode = transactions.read_only if is_read_only else contextlib.nullcontext
    with mode():
        session.scalar(MINE)
    with (contextlib.nullcontext if is_read_only else transactions.read_only)():
        driver = session.connection().connection.dbapi_connection
        session.rollback()
    driver.close()
    with mode():
        with pytest.raises(OperationalError):
            session.scalar(MINE)
        session.rollback()
        assert session.scalar(MINE)


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


def test_a_write_of_one_statement_is_committed_by_itself(app, session):
    session.execute(text("CREATE TEMP TABLE tried (id int)"))
    session.commit()
    with transactions.one_statement():
        session.execute(text("INSERT INTO tried VALUES (1)"))
        assert session.connection().connection.dbapi_connection.info.transaction_status.name == "IDLE"
        session.commit()
    session.execute(text("INSERT INTO tried VALUES (2)"))
    assert session.connection().connection.dbapi_connection.info.transaction_status.name == "INTRANS"
    session.rollback()
    assert session.scalars(text("SELECT id FROM tried")).all() == [1]


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


@pytest.mark.parametrize("hours", [-2, 2])
def test_time_is_that_of_the_database(app, session, monkeypatch, hours):
    monkeypatch.setattr(clock, "follows_database", True)
    session.remove()
    extensions.db.engine.dispose()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours), tick=True):
        assert session.scalar(text("SELECT 1")) == 1  # a new connection measures
        server = session.scalar(text("SELECT clock_timestamp()"))
        assert abs((clock.now() - server).total_seconds()) < 60
        monkeypatch.setattr(postgresql, "PING_AFTER_SECONDS", 0.0)
        clock.reset_offset()
        session.rollback()
        session.scalar(text("SELECT 1"))  # and so does one that was idle
        assert abs((clock.now() - server).total_seconds()) < 60
    clock.reset_offset()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_database_that_cannot_hold_every_text_is_refused(app, postgres_server, encoding):
    name = f"encoded_{encoding.lower()}"
    conftest.run_sql(
        postgres_server("postgres"),
        f"DROP DATABASE IF EXISTS {name}",
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    url = config.Config({"SECRET_KEY": "x" * 32, "DATABASE_URL": postgres_server(name)}).DATABASE_URL
    with pytest.raises(config.UnsafeConfiguration, match=encoding), create_engine(url).connect():
        pass


def test_the_server_that_answers_is_known(app, session):
    session.scalar(text("SELECT 1"))
    system, timeline = postgresql_server.current_identity().split(":")
    assert session.scalar(text("SELECT system_identifier FROM pg_control_system()")) == int(system)
    assert int(timeline, 16) >= 1


def test_the_server_lets_go_of_a_client_that_is_gone(app, session):
    shown = {name: session.scalar(text(f"SHOW {name}")) for name in postgresql_server.SESSION_SETTINGS}
    assert shown["client_connection_check_interval"] == "5s"
    assert shown["idle_in_transaction_session_timeout"] == "2min"
    assert shown["jit"] == "off"


def test_no_row_without_a_match_is_left_out(app, session):
    """PostgreSQL 16.2, which the suite runs on, finds 90 or none where it merges from the side of the tags."""
    for statement in (
        "CREATE TEMPORARY TABLE numbers AS SELECT number FROM generate_series(1, 120) number",
        "CREATE TEMPORARY TABLE tags AS SELECT number, tag FROM generate_series(1, 20000) number,"
        " generate_series(1, 2) tag WHERE number % 3 = 2",
        "ALTER TABLE numbers ADD PRIMARY KEY (number)",
        "ALTER TABLE tags ADD PRIMARY KEY (number, tag)",
        "ANALYZE numbers, tags",
        "SET LOCAL enable_hashjoin = off",
        "SET LOCAL enable_nestloop = off",
    ):
        session.execute(text(statement))
    without = "SELECT count(*) FROM numbers WHERE NOT EXISTS (SELECT 1 FROM tags WHERE tags.number = numbers.number)"
    assert session.scalar(text(without)) == 80


def test_time_outs_of_the_operator_stay(app, database_url):
    role = "ALTER ROLE CURRENT_USER {} idle_in_transaction_session_timeout"
    url = extensions.db.engine.url.update_query_dict({"options": "-cclient_connection_check_interval=1s"})
    conftest.run_sql(database_url, role.format("SET") + " = '7s'")
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW client_connection_check_interval")) == "1s"
            assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "7s"
    finally:
        engine.dispose()
        conftest.run_sql(database_url, role.format("RESET"))
