"""PostgreSQL as people have it.

Other collations, a schema beside others' tables, TLS with an authority of one's own, PgBouncer in both modes.
"""

import secrets
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from flask_migrate import upgrade
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from bench.fault_injection import databases, pgbouncer
from helpdesk import extensions
from helpdesk.cli.backups import postgresql_programs
from tests import conftest
from tests.channels.email import mail_server
from tests.factories import find_tickets

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
COLLATIONS = {"C": "LOCALE 'C'", "ICU": "LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'"}
NEIGHBOUR = "CREATE TABLE tickets (number int, secret text)"


class TlsServer(databases.PostgreSQL):
    """A server that also listens on TCP, with TLS by the certificate and key in ``pem``."""

    def __init__(self, folder: Path, pem: str):
        self.port = conftest.free_port()
        own = folder / "server.pem"
        tls = ("ssl=on", f"ssl_cert_file={own}", f"ssl_key_file={own}", f"port={self.port}")
        super().__init__(folder, ("fsync=off", "listen_addresses=127.0.0.1", *tls))
        shutil.copy(pem, own)
        own.chmod(0o600)
        if self._user:
            shutil.chown(own, self._user)

    def get_url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"


class TestCollations:
    @pytest.fixture(params=COLLATIONS)
    def settings(self, request, postgres_server):
        name = f"collated_{request.param.lower()}"
        try:
            conftest.run_sql(
                postgres_server("postgres"),
                f"DROP DATABASE IF EXISTS {name}",
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {COLLATIONS[request.param]}",
            )
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.SyntaxError) as error:
            pytest.skip(str(error))  # PostgreSQL 14, or a server that was built without ICU
        return {"DATABASE_URL": postgres_server(name)}

    def test_tickets_are_found_and_listed(self, app, session, make, browser_of):
        upgrade()
        dana = make.user(make.organization("Globex"), "Dana")
        subjects = ("Zoë asks", "ÄPFEL fehlen", "apples", "Ein Straßenschild", "İstanbul")
        numbers = {subject: make.ticket(dana, subject).id for subject in subjects}
        for words, subject in {
            "äpfel": "ÄPFEL fehlen",
            "apfel": "ÄPFEL fehlen",
            "STRASSE": "Ein Straßenschild",
            "istanbul": "İstanbul",
            "ZOË": "Zoë asks",
        }.items():
            assert find_tickets(dana, words) == [numbers[subject]], words
        session.rollback()
        page = browser_of(dana).get("/tickets?sort=subject").text
        assert all(subject in page for subject in subjects)


class TestSchemaOfOnesOwn:
    @pytest.fixture
    def settings(self, postgres_server):
        place = postgres_server("shared")
        conftest.run_sql(postgres_server("postgres"), "DROP DATABASE IF EXISTS shared", "CREATE DATABASE shared")
        conftest.run_sql(place, NEIGHBOUR, "INSERT INTO tickets VALUES (1, 'theirs')", "CREATE SCHEMA helpdesk")
        separator = "&" if "?" in place else "?"
        return {"DATABASE_URL": f"{place}{separator}options=-csearch_path%3Dhelpdesk"}

    def test_tables_stand_there_and_a_neighbours_stay(self, app, session, make):
        upgrade()
        dana = make.user(make.organization("Globex"), "Dana")
        ticket = make.ticket(dana, "Printer on fire")
        assert find_tickets(dana, "printer") == [ticket.id]
        ours = text("SELECT count(*) FROM pg_tables WHERE tablename <> 'tickets' AND schemaname = :name")
        assert session.scalar(ours, {"name": "public"}) == 0 and session.scalar(ours, {"name": "helpdesk"}) > 50
        assert session.execute(text("SELECT * FROM public.tickets")).all() == [(1, "theirs")]


class TestTls:
    @pytest.fixture
    def files(self, tmp_path):
        """The files of an authority and of a certificate for localhost that it signed; libpq 14 knows no addresses."""
        return mail_server.certificates(tmp_path)

    @pytest.fixture
    def server(self, files, postgres_server):
        with psycopg.connect(postgres_server("postgres")) as connection:
            if not connection.execute("SHOW ssl_library").fetchone()[0]:
                pytest.skip("the server was built without TLS")
        folder = Path(tempfile.mkdtemp(prefix="helpdesk-tls-"))  # where PostgreSQL's user may go
        running = TlsServer(folder, files["named"])
        running.start()
        yield running
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)

    @pytest.fixture
    def settings(self, server, files):
        """Two hosts, of which the first does not answer; the certificate is checked against the authority."""
        hosts = f"localhost:{conftest.free_port()},localhost:{server.port}"
        options = f"sslmode=verify-full&sslrootcert={quote(files['ca'])}&target_session_attrs=read-write"
        return {"DATABASE_URL": f"postgresql://postgres@{hosts}/postgres?{options}"}

    def test_the_server_is_believed_by_its_authority_only(self, app, session, make, files):
        upgrade()
        make.ticket(make.user(make.organization("Globex"), "Dana"))
        encrypted = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert session.scalar(encrypted) is True
        assert "Globex" in postgresql_programs.run(
            [
                "psql",
                "--tuples-only",
                "--command=SELECT name FROM organizations",
                postgresql_programs.database_argument(),
            ]
        )
        other = extensions.db.engine.url.update_query_dict({"sslrootcert": files["wrong"]})
        with pytest.raises(OperationalError, match="certificate verify failed"), create_engine(other).connect():
            pass


@pytest.fixture(scope="module")
def server_behind_pools():
    """The port of a server for both modes."""
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-pool-"))  # where PostgreSQL's user may go
    port = conftest.free_port()
    running = databases.PostgreSQL(folder, ("fsync=off", "listen_addresses=127.0.0.1", f"port={port}"))
    running.url += f"&port={port}"
    running.start()
    yield port
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


class TestPgBouncer:
    """In transaction mode with fewer connections to the server than the product has, so that any may come next."""

    @pytest.fixture(params={"transaction": 2, "session": 20}.items(), ids=lambda pair: pair[0])
    def settings(self, request, server_behind_pools, tmp_path):
        if not Path(pgbouncer.PROGRAM).exists():
            pytest.skip("PgBouncer is missing")
        mode, size = request.param
        pool = pgbouncer.PgBouncer(tmp_path, conftest.free_port(), mode, size)
        tmp_path.chmod(0o755)
        pool.start("127.0.0.1", server_behind_pools)
        yield {"DATABASE_URL": pool.url}
        pool.stop()

    def test_statements_are_known_on_whichever_connection_comes(self, app, session, make):
        upgrade()
        name = secrets.token_hex(8)  # both modes have the same database
        make.ticket(make.user(make.organization(name), email=f"{name}@globex.example"), name)
        session.commit()
        with ThreadPoolExecutor(4) as threads:
            counts = list(threads.map(lambda _: count_tickets(app, name), range(4)))
        assert counts == [20] * 4


def count_tickets(app, subject: str) -> int:
    """The sum of twenty transactions of one connection; psycopg prepares a statement at the sixth time."""
    statement, count = text("SELECT count(*) FROM tickets WHERE subject = :subject"), 0
    with app.app_context(), extensions.db.engine.connect() as connection:
        for _ in range(20):
            count += connection.scalar(statement, {"subject": subject})
            connection.commit()
    return count
