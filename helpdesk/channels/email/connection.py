"""Verified lines to the mail server, kept for the burst that a worker sends and closed when idle."""

import contextlib
import smtplib
import ssl
import threading
import time

from helpdesk.channels import errors
from helpdesk.channels.email import settings

IDLE = 10.0  # seconds after which a kept line is closed rather than trusted
MOST_KEPT = 4  # lines of one process; mail servers count them

_kept: list[tuple[smtplib.SMTP, settings.Outgoing, float]] = []  # nobody uses these; the one kept last is last
_lock = threading.Lock()
_closer: threading.Timer | None = None


def take(outgoing: settings.Outgoing) -> tuple[smtplib.SMTP, bool]:
    """A line ready for MAIL FROM, whether it was kept from before. Nobody else has it. Raises Temporary or Blocked."""
    while kept := _taken():
        line, made_for, since = kept
        if made_for == outgoing and time.monotonic() - since < IDLE and _answers(line):
            return line, True
        close(line)
    return _open(outgoing), False


def keep(line: smtplib.SMTP, outgoing: settings.Outgoing) -> None:
    """Give a line back after a finished mail, for the next one."""
    with _lock:
        if len(_kept) < MOST_KEPT:
            _kept.append((line, outgoing, time.monotonic()))
            _close_later()
            return
    close(line)


def close(line: smtplib.SMTP) -> None:
    """Say goodbye, and mind no answer: what was taken with 250 stays taken."""
    try:
        line.sock.settimeout(2)
        line.quit()
    except (OSError, smtplib.SMTPException, AttributeError):
        line.close()


def context(outgoing: settings.Outgoing) -> ssl.SSLContext:
    """TLS with certificate and name checked."""
    return ssl.create_default_context(cafile=outgoing.ca_file or None)


def _taken() -> tuple[smtplib.SMTP, settings.Outgoing, float] | None:
    with _lock, contextlib.suppress(IndexError):
        return _kept.pop()


def _close_later() -> None:
    """Have a timer close what is idle, if none runs yet. Holds the lock."""
    global _closer
    if _closer is None:
        _closer = threading.Timer(IDLE, _close_idle)
        _closer.daemon = True
        _closer.start()


def _close_idle() -> None:
    """Only lines that nobody has taken stand in the list, so that no mail is cut off."""
    global _closer
    with _lock:
        old = [kept for kept in _kept if time.monotonic() - kept[2] >= IDLE]
        _kept[:] = [kept for kept in _kept if kept not in old]
        _closer = None
        if _kept:
            _close_later()
    for line, _, _ in old:
        close(line)


def _open(outgoing: settings.Outgoing) -> smtplib.SMTP:
    if not outgoing.server:
        raise errors.Blocked("No mail server is set. Set MAIL_SERVER.", scope="installation")
    where = f"{outgoing.server}:{outgoing.port}"
    line = None
    try:
        if outgoing.use_ssl:
            line = smtplib.SMTP_SSL(outgoing.server, outgoing.port, timeout=outgoing.timeout, context=context(outgoing))
        else:
            line = smtplib.SMTP(outgoing.server, outgoing.port, timeout=outgoing.timeout)
        line.ehlo_or_helo_if_needed()
        if not outgoing.use_ssl and (outgoing.use_tls or not settings.is_this_machine(outgoing.server)):
            _secure(line, outgoing, where)
        if outgoing.username:
            line.login(outgoing.username, outgoing.password)
        return line
    except Exception as error:
        if line:
            line.close()
        raise _why(error, where) from error


def _secure(line: smtplib.SMTP, outgoing: settings.Outgoing, where: str) -> None:
    if not line.has_extn("starttls"):
        raise errors.Blocked(
            f"The mail server {where} does not offer STARTTLS, so mail would travel in the clear.",
            scope="installation",
        )
    code, answer = line.starttls(context=context(outgoing))
    if code != 220:
        raise smtplib.SMTPResponseException(code, answer)
    line.ehlo()


def _why(error: Exception, where: str) -> errors.ChannelError:
    if isinstance(error, errors.ChannelError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return errors.Blocked(
            f"The certificate of the mail server {where} is not valid: {error.verify_message}.",
            scope="installation",
        )
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        return errors.Blocked(
            f"The mail server {where} refuses MAIL_USERNAME or MAIL_PASSWORD ({error.smtp_code}).",
            scope="installation",
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return errors.Blocked(
            f"The mail server {where} does not let anybody sign in. Unset MAIL_USERNAME or use TLS.",
            scope="installation",
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return errors.Temporary(f"The mail server {where} is not ready ({error.smtp_code}).")
    if isinstance(error, ssl.SSLError):
        return errors.Blocked(
            f"The mail server {where} does not speak TLS as set (MAIL_USE_TLS, MAIL_USE_SSL).",
            scope="installation",
        )
    if isinstance(error, TimeoutError):
        return errors.Temporary(f"The mail server {where} did not answer in time.")
    if isinstance(error, (OSError, smtplib.SMTPException)):
        return errors.Temporary(f"The mail server {where} cannot be reached.")
    raise error


def _answers(line: smtplib.SMTP) -> bool:
    try:
        return line.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False
