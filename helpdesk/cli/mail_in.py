"""``helpdesk mail-in``: receive one mail on standard input, as mail servers pipe it into a command.

The exit status is from sysexits.h, which Postfix, Exim, Dovecot and sendmail understand: 0 the mail is stored, 75
(EX_TEMPFAIL) try again later, 65 (EX_DATAERR) it can never be taken. Whatever is wrong here is 75, so that a restart or
a wrong setting delays a customer's mail and never bounces it.
"""

from typing import BinaryIO

import click
from flask.cli import ScriptInfo

EX_DATAERR = 65
EX_TEMPFAIL = 75
MAX_BYTES = 25 * 1024 * 1024  # as for POST /hooks/email


@click.command("mail-in")
@click.pass_context
def mail_in(context: click.Context) -> int:
    """Store one mail that a mail server pipes into this command."""
    try:
        raw = read_mail(click.get_binary_stream("stdin"))
    except ValueError as error:
        click.echo(f"helpdesk: {error}", err=True)
        context.exit(EX_DATAERR)
    try:
        _store(context.ensure_object(ScriptInfo), raw)
    except Exception as error:  # the mail server keeps the mail, whatever is wrong with us
        original = getattr(error, "orig", None) or error  # without the library's notes about its errors
        sentence = " ".join(str(original).split())[:300] or type(error).__name__
        click.echo(f"helpdesk: The mail was not stored, try again later: {sentence}", err=True)
        context.exit(EX_TEMPFAIL)
    return 0


def read_mail(stream: BinaryIO) -> bytes:
    """Read one mail, without the line that some servers put before it (mbox). Raises ValueError for none, or one too
    large.
    """
    raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValueError(f"The mail is larger than {MAX_BYTES // 1024**2} MB.")
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    if not raw.strip():
        raise ValueError("There is no mail on standard input.")
    return raw


def _store(script: ScriptInfo, raw: bytes) -> None:
    app = script.load_app()
    with app.app_context():
        from helpdesk.channels import email
        from helpdesk.domain import inbox
        from helpdesk.extensions import db

        inbox.store_event("email", email.mail_fingerprint(raw), {}, raw=raw)
        db.session.commit()
