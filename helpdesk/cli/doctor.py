"""``helpdesk doctor``: check everything the helpdesk depends on, with real calls."""

from collections.abc import Iterator

import click
from flask.cli import with_appcontext
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from helpdesk import config, extensions
from helpdesk.channels.email import diagnostics as mail_check
from helpdesk.channels.email import settings as mail_settings
from helpdesk.channels.slack import channels
from helpdesk.cli import schema_migration

CheckResult = tuple[bool | None, str]  # True, False or None (not configured, which is allowed), and a sentence


@click.command()
@click.option("--quick", is_flag=True, help="Leave out Slack and mail, whose checks post and connect.")
@with_appcontext
def doctor(quick: bool) -> None:
    """Check the database, Redis, Slack and mail. The status is 1 when something is wrong."""
    checks = [_check_database, _check_redis] if quick else [_check_database, _check_redis, _check_slack, _check_mail]
    failed = 0
    for check in checks:
        for ok, sentence in check():
            click.echo(f"{ {True: 'ok', False: 'WRONG', None: 'off'}[ok]:6} {sentence}")
            failed += ok is False
    if failed:
        raise click.ClickException(f"{failed} {'thing is' if failed == 1 else 'things are'} wrong.")


def _check_database() -> Iterator[CheckResult]:
    kind = "SQLite" if config.current().is_sqlite else "PostgreSQL"
    try:
        revision, head = schema_migration.get_revisions()
    except DBAPIError as error:
        yield False, f"{kind} does not answer: {str(error.orig).strip().splitlines()[0]}"
        return
    yield True, f"{kind} answers."
    if revision == head:
        yield True, f"The schema is the newest ({head})."
    else:
        yield False, f"The schema is at {revision or 'nothing'}, the code needs {head}. Run: helpdesk db upgrade"


def _check_redis() -> Iterator[CheckResult]:
    try:
        version = extensions.redis().info("server").get("redis_version", "?")
        workers = extensions.queue().connection.smembers("rq:workers")
    except RedisError as error:
        yield False, f"Redis does not answer at REDIS_URL: {error}"
        return
    yield True, f"Redis {version} answers."
    yield (
        bool(workers),
        f"{len(workers)} workers run." if workers else "No worker runs. Start one with: helpdesk worker",
    )


def _check_slack() -> Iterator[CheckResult]:
    if not config.current().SLACK_BOT_TOKEN:
        yield None, "Slack is off: SLACK_BOT_TOKEN is empty."
        return
    try:
        checks = channels.run_diagnostics()
    except DBAPIError:
        return
    for check in checks:
        yield check.ok, f"Slack, {check.what}: {check.sentence}"


def _check_mail() -> Iterator[CheckResult]:
    current = config.current()
    if current.MAIL_SERVER:
        for finding in mail_check.check_smtp(mail_settings.smtp_settings()):
            yield finding.ok, finding.sentence
    else:
        yield None, "Mail is off: MAIL_SERVER is empty, and mails wait in the outbox."
    mailbox = mail_settings.imap_settings()
    for finding in mail_check.check_imap(mailbox) if mailbox else ():
        yield finding.ok, finding.sentence
