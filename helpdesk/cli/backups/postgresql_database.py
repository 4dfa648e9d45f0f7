"""The PostgreSQL database in an archive: the tables and functions of this product, and nobody else's.

Others may have tables in the same schema. A restore is one transaction: the present tables are dropped, those of the
archive made and filled, pending deliveries held. Whatever fails, everything is as it was.
"""

import re
import secrets
import time
from pathlib import Path
from typing import Any

import click
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.pool import NullPool

from helpdesk import clock, config, postgresql_url
from helpdesk.cli.backups import postgresql_programs
from helpdesk.cli.counted import counted
from helpdesk.domain.outbox import failover
from helpdesk.extensions import Model

DUMP_NAME = "helpdesk.dump"
FORMER_TABLES = {"inbound", "review_marks", "read_marks", "ticket_clocks", "service_targets"}  # of 1.0
# Of former releases, and of the triggers that note changes for reports (migration 0063).
OWN_FUNCTION_PATTERN = (
    r"ticket_search_\w+|report_(tickets|events|sla_timers|ratings|messages|ticket_tags)_(insert|update|delete)"
)
OWN_FUNCTION = re.compile(rf"({OWN_FUNCTION_PATTERN})\(.*")
OWN_STATISTICS = re.compile(r"st_tickets_\w+")
KINDS = (
    "TABLE DATA|TABLE|SEQUENCE SET|SEQUENCE OWNED BY|SEQUENCE|DEFAULT|FK CONSTRAINT|CONSTRAINT|INDEX|STATISTICS"
    "|TRIGGER|FUNCTION"
)
ENTRY = re.compile(rf"\d+; \d+ \d+ ({KINDS}) (\S+) (\S+) .*")
RELATIONS_QUERY = text(
    "SELECT c.relname, c.relkind, (SELECT t.relname FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid "
    "WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND c.relkind = 'S' LIMIT 1) "
    "FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace "
    "AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')"
)
FUNCTIONS_QUERY = text(
    "SELECT oid::regprocedure::text FROM pg_proc "
    f"WHERE pronamespace = current_schema()::regnamespace AND proname ~ '^({OWN_FUNCTION_PATTERN})$'"
)
USERS_QUERY = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name = current_setting('application_name') AND backend_type = 'client backend'"
)
HOLD_SCRIPT = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name = 'deliveries'
             AND column_name = 'possibly_sent_since') THEN
    UPDATE {quoted}.deliveries SET state = 'on_hold', reason = '{reason}', possibly_sent_since = created_at
    WHERE state IN ('pending', 'sending', 'unknown');
    INSERT INTO {quoted}.settings (key, value) VALUES ('{taken_over_key}', to_json('{now}'::text))
    ON CONFLICT (key) DO UPDATE SET value = excluded.value;
  ELSE
    UPDATE {quoted}.deliveries SET state = 'held', reason = '{reason}', maybe_since = created_at
    WHERE state IN ('pending', 'sending', 'unknown');
  END IF;
END $$;
"""
CLOSING_SECONDS = 2.0
HOLD_REASON = "Held after a restore: it may have been sent before."


def dump(folder: Path) -> Path:
    """Write a dump of our own tables and functions into ``folder``. Raises ClickException."""
    path = folder / DUMP_NAME
    with _connect() as connection:
        schema = _schema(connection)
        others = [name for name, _, owner in connection.execute(RELATIONS_QUERY) if not _is_own(owner or name)]
    excluded = [f"--exclude-table={_pattern(schema)}.{_pattern(name)}" for name in others]
    command = ["pg_dump", "--format=custom", f"--file={path}", f"--schema={_pattern(schema)}", *excluded]
    postgresql_programs.run([*command, postgresql_programs.database_argument()])
    check(path)
    return path


def describe() -> dict[str, Any]:
    """What the manifest says about the database."""
    with _connect() as connection:
        return {"kind": "postgresql", "server": connection.scalar(text("SHOW server_version"))}


def find_users() -> str | None:
    """Return how many connections of web and workers are open, in words; None if none is.

    A server takes a moment to end those of a process that has ended, so it is asked for CLOSING_SECONDS.
    """
    deadline = time.monotonic() + CLOSING_SECONDS
    with _connect() as connection:
        while (count := connection.scalar(USERS_QUERY)) and time.monotonic() < deadline:
            time.sleep(0.1)
    return f"{count} of its connections to the database {'is' if count == 1 else 'are'} open" if count else None


def check(path: Path) -> None:
    """Read the whole dump, as a restore would. Raises ClickException."""
    _make_script(path, path.with_suffix(".check.sql"))
    path.with_suffix(".check.sql").unlink()


def try_out(path: Path) -> str:
    """Restore the dump into a database made for that, and drop it. Returns a sentence. Raises ClickException."""
    name = f"helpdesk_verify_{secrets.token_hex(4)}"
    with _connect() as connection:
        may_create = connection.scalar(
            text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        )
        if not may_create:
            check(path)
            return "The dump can be read to its end; the role may make no database to restore it into."
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        schema = _schema(connection)
    try:
        script = path.with_suffix(".sql")
        _make_script(path, script)
        begin = path.with_suffix(".begin.sql")
        begin.write_text(f"CREATE SCHEMA IF NOT EXISTS {_quote(schema)};\n")
        postgresql_programs.run_scripts([begin, script], name)
        with _connect(name) as restored:
            count = restored.scalar(text(f"SELECT count(*) FROM {_quote(schema)}.tickets"))  # noqa: S608
    finally:
        with _connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
    return f"It was restored into a database of its own and has {counted(count or 0, 'ticket', 'tickets')}."


def replace(path: Path) -> None:
    """Put the dump in place of the present tables and hold its pending deliveries, in one transaction."""
    with _connect() as connection:
        schema = _schema(connection)
        tables = [name for name, kind, _ in connection.execute(RELATIONS_QUERY) if kind in "rp" and _is_own(name)]
        functions = list(connection.scalars(FUNCTIONS_QUERY))
    quoted = _quote(schema)
    drop = [f"SET search_path = {quoted};"]
    if tables:
        drop.append(f"DROP TABLE {', '.join(f'{quoted}.{_quote(name)}' for name in tables)};")
    drop += [f"DROP FUNCTION {function};" for function in functions]
    scripts = [path.with_suffix(f".{step}.sql") for step in ("drop", "restore", "hold")]
    scripts[0].write_text("\n".join(drop) + "\n")
    _make_script(path, scripts[1])
    values = {"reason": HOLD_REASON, "taken_over_key": failover.TAKEN_OVER_KEY, "now": clock.now().isoformat()}
    scripts[2].write_text(HOLD_SCRIPT.format(schema=schema, quoted=quoted, **values))
    postgresql_programs.run_scripts(scripts)


def _make_script(path: Path, script: Path) -> None:
    """Write the SQL of our own entries of the dump. Every byte is read, so that damage is found here."""
    listed = postgresql_programs.run(["pg_restore", "--list", str(path)]).splitlines()
    kept = [line for line in listed if _is_own_entry(line)]
    if not any(" TABLE " in line and " deliveries " in line for line in kept):
        raise click.ClickException("The archive's database has none of this product's tables.")
    toc = path.with_suffix(".list")
    toc.write_text("\n".join(kept) + "\n")
    command = ["pg_restore", "--no-owner", "--no-privileges", f"--use-list={toc}", f"--file={script}", str(path)]
    postgresql_programs.run(command)


def _is_own_entry(line: str) -> bool:
    found = ENTRY.fullmatch(line)
    if found is None:
        return False
    kind, name = found[1], found[3]
    if kind == "FUNCTION":
        return OWN_FUNCTION.match(name) is not None
    if kind == "STATISTICS":
        return OWN_STATISTICS.match(name) is not None
    return kind == "INDEX" or kind.startswith("SEQUENCE") or _is_own(name)


def _is_own(table: str) -> bool:
    return table in Model.metadata.tables or table in FORMER_TABLES or table in ("alembic_version", "ticket_search")


def _connect(database: str | None = None) -> Connection:
    url = make_url(config.current().DATABASE_URL)
    arguments = postgresql_url.connect_arguments(dict(url.query))
    url = url.set(database=database) if database else url
    return create_engine(url, isolation_level="AUTOCOMMIT", connect_args=arguments, poolclass=NullPool).connect()


def _schema(connection: Connection) -> str:
    schema = connection.scalar(text("SELECT current_schema()"))
    if not schema:
        raise click.ClickException("The search_path of the role names no schema that exists.")
    return str(schema)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _pattern(name: str) -> str:
    """Return a pattern of pg_dump that matches exactly ``name``."""
    return _quote(name)
