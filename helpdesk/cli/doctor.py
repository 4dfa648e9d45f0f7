"""``helpdesk doctor``: check everything the helpdesk depends on, with real calls."""

import contextlib
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator

import click
from flask.cli import with_appcontext
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from helpdesk import config, extensions, storage
from helpdesk.channels.email import diagnostics as mail_check
from helpdesk.channels.email import dkim_signing, senders
from helpdesk.channels.email import settings as mail_settings
from helpdesk.channels.slack import channels
from helpdesk.cli import mail_loop_check, schema_migration
from helpdesk.cli.counted import counted
from helpdesk.database import errors, postgresql_server
from helpdesk.domain.authentication import oidc
from helpdesk.domain.authentication.connections import diagnostics as connections
from helpdesk.domain.monitoring import forwarding, health
from helpdesk.extensions import db
from helpdesk.models.form import Form

CheckResult = tuple[bool | None, str]  # True, False or None (not configured, which is allowed), and a sentence
Check = Callable[[], Iterable[CheckResult]]


@click.command()
@click.option(
    "--quick", is_flag=True, help="Leave out proxy, Slack, mail and providers, whose checks post and connect."
)
@click.option("--mail-loop", is_flag=True, help="Send a mail to a reply address and wait until it is back.")
@click.option("--seconds", default=120.0, show_default=True, help="How long --mail-loop waits.")
@with_appcontext
def doctor(quick: bool, mail_loop: bool, seconds: float) -> None:
    """Check everything that is configured, with real calls. The status is 1 when something is wrong."""
    checks: list[Check] = [_check_database, _check_work, _check_redis, _check_files, _check_sender, _check_forms]
    if not quick:
        checks += [forwarding.check, _check_slack, _check_mail, _check_providers, _check_connections]
    if mail_loop:
        checks.append(lambda: mail_loop_check.check(seconds))
    failed = 0
    with _warnings_hidden():
        for check in checks:
            for ok, sentence in _run(check, is_said=failed > 0):
                click.echo(f"{ {True: 'ok', False: 'WRONG', None: 'off'}[ok]:6} {sentence}")
                failed += ok is False
    if failed:
        raise click.ClickException(f"{failed} {'thing is' if failed == 1 else 'things are'} wrong.")


def _run(check: Check, *, is_said: bool) -> Iterator[CheckResult]:
    """The results of ``check``, as far as the database lets it come; ``is_said``: something wrong was named before."""
    try:
        yield from check()
    except SQLAlchemyError as error:
        if not is_said:
            yield False, f"The database refused a statement: {errors.describe_error(error)}"
    finally:
        with contextlib.suppress(SQLAlchemyError):
            db.session.rollback()


@contextlib.contextmanager
def _warnings_hidden() -> Iterator[None]:
    """Log errors only: what is wrong is said once, by the checks. The level comes back in a process that goes on."""
    logger = logging.getLogger("helpdesk")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _check_database() -> Iterator[CheckResult]:
    kind = "SQLite" if config.current().is_sqlite else "PostgreSQL"
    try:
        revision, head = schema_migration.get_revisions()
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        yield False, f"{kind} does not answer: {reason}. Start it, or correct DATABASE_URL."
        return
    yield True, f"{kind} answers."
    if revision == head:
        yield True, f"The schema is the newest ({head})."
    elif revision and head and revision > head:
        yield None, f"The schema is at {revision}, newer than this version, which knows {head}: start the newer one."
    else:
        yield False, f"The schema is at {revision or 'nothing'}, the code needs {head}. Run: helpdesk db upgrade"
        return
    if config.current().is_sqlite:
        return
    if db.session.scalar(text("SELECT lower('ÄÉ') <> 'äé'")):
        yield (
            None,
            "The database's LC_CTYPE lower-cases ASCII only: Settings does not find the organization Äpfel by äpfel.",
        )
    if postgresql_server.merges_wrongly(db.session.connection().connection.dbapi_connection):
        yield (
            None,
            "PostgreSQL 16.0 to 16.3 leave rows out of some answers. One way of joining is switched off therefore;"
            " update to 16.4 or newer.",
        )


def _check_work() -> Iterator[CheckResult]:
    """Whether writes are taken and deliveries are made, as /readyz says."""
    for finding in health.run_checks():
        if finding.name in ("Writes", "Replica", "Deliveries", "Disk"):
            yield finding.ok, finding.sentence


def _check_files() -> Iterator[CheckResult]:
    """Store a file, read it, and delete it."""
    key = f"doctor-{secrets.token_hex(12)}"
    try:
        storage.write(key, b"written by helpdesk doctor")
        is_same = storage.read(key) == b"written by helpdesk doctor"
        storage.delete(key)
    except (storage.StorageUnavailable, OSError, ValueError, ImportError) as error:
        yield False, f"STORAGE_URL: no file can be stored: {error}"
        return
    yield (
        is_same,
        "A file was stored, read and deleted." if is_same else "STORAGE_URL: another file is read than stored.",
    )


def _check_sender() -> Iterator[CheckResult]:
    """The address that mail comes from, and the key that signs it."""
    current = config.current()
    sender = senders.system_address()
    if sender is None:
        is_needed = bool(current.MAIL_SERVER)
        yield False if is_needed else None, "No mail is sent: set MAIL_DEFAULT_SENDER, or the setting system_email."
        return
    key = dkim_signing.configured_key(sender.rpartition("@")[2])
    if key is None:
        yield True, f"Mail comes from {sender}; the mail server signs it."
        return
    try:
        dkim_signing.public_key_record(key)
    except ValueError as error:
        yield False, f"DKIM_PRIVATE_KEY: {error}"
        return
    yield True, f"Mail comes from {sender} and is signed for {key.domain} ({key.selector})."


def _check_forms() -> Iterator[CheckResult]:
    """Whether customers find a form to file a ticket with."""
    if not db.session.scalar(select(func.count(Form.id))):
        yield None, "There is no form yet, so nobody can file a ticket in the portal: Settings, Forms."


def _check_redis() -> Iterator[CheckResult]:
    try:
        version = extensions.redis().info("server").get("redis_version", "?")
        workers = extensions.queue().connection.smembers("rq:workers")
    except RedisError as error:
        reason = str(error).rstrip(".")
        yield False, f"Redis does not answer at REDIS_URL: {reason}. Start it, or correct REDIS_URL."
        return
    yield True, f"Redis {version} answers."
    yield (
        bool(workers),
        f"{counted(len(workers), 'worker runs', 'workers run')}."
        if workers
        else "No worker runs. Start one with: helpdesk worker",
    )


def _check_slack() -> Iterator[CheckResult]:
    if not config.current().SLACK_BOT_TOKEN:
        yield None, "Slack is off: SLACK_BOT_TOKEN is empty."
        return
    for check in channels.run_diagnostics():
        yield check.ok, f"Slack, {check.what}: {check.sentence}"


def _check_mail() -> Iterator[CheckResult]:
    current = config.current()
    if current.MAIL_SERVER:
        for finding in mail_check.check_smtp(mail_settings.smtp_settings()):
            yield finding.ok, finding.sentence if finding.ok else f"{finding.sentence} Compare the settings MAIL_*."
    else:
        yield None, "Mail is off: MAIL_SERVER is empty, and mails wait in the outbox."
    yield from _check_dkim_record()
    mailbox = mail_settings.imap_settings()
    for finding in mail_check.check_imap(mailbox) if mailbox else ():
        yield finding.ok, finding.sentence if finding.ok else f"{finding.sentence} Compare IMAP_URL."


def _check_providers() -> Iterator[CheckResult]:
    """Google and Microsoft, where they are configured: their keys, and whether they know our client."""
    providers = [oidc.google_provider(), oidc.microsoft_provider()]
    db.session.rollback()
    for provider in providers:
        if provider.is_configured:
            error = oidc.configuration_error(provider)
            yield not error, error or f"{provider.title} answers, and did not refuse our client."


def _check_connections() -> Iterator[CheckResult]:
    """Every sign-in connection: its document, its keys, and what should be put right about it."""
    found = [(each.name, each.issuer, list(connections.list_warnings(each))) for each in connections.list_all()]
    db.session.rollback()
    for name, issuer, warnings in found:
        error = connections.find_error(issuer)
        yield not error, f"{name}: {error}" if error else f"The sign-in connection {name} answers."
        for sentence in warnings:
            yield False, sentence


def _check_dkim_record() -> Iterator[CheckResult]:
    """Whether the DNS has the public half of the key that signs our mail."""
    sender = senders.system_address()
    key = dkim_signing.configured_key(sender.rpartition("@")[2]) if sender else None
    if key is None:
        return
    try:
        records = mail_check.required_dns_records(key.domain, key)
    except ValueError:
        return  # said already
    for finding in mail_check.check_dns_records([record for record in records if record.why.startswith("DKIM")]):
        yield finding.ok, finding.sentence
