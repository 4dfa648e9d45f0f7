"""Pool of verified connections to the mail server, reused while a worker sends several mails and closed when idle."""

import contextlib
import smtplib
import ssl
import threading
import time

from helpdesk.channels.email import oauth, settings
from helpdesk.domain.outbox import errors
from helpdesk.translation import gettext

IDLE_SECONDS = 10.0  # seconds after which an idle connection is closed rather than reused
MAX_IDLE_CONNECTIONS = 4  # connections of one process; mail servers limit them

_idle_connections: list[
    tuple[smtplib.SMTP, settings.SmtpSettings, float]
] = []  # connections that nobody uses; the last one added is last
_lock = threading.Lock()
_closer: threading.Timer | None = None


def acquire_connection(outgoing: settings.SmtpSettings) -> tuple[smtplib.SMTP, bool]:
    """Return a connection ready for MAIL FROM, and whether it is a reused one. Nobody else has it. Raises
    TemporaryError or ChannelBlockedError.
    """
    while entry := _pop_idle():
        connection, made_with, since = entry
        if made_with == outgoing and time.monotonic() - since < IDLE_SECONDS and _is_alive(connection):
            return connection, True
        close_connection(connection)
    return _open_connection(outgoing), False


def release_connection(connection: smtplib.SMTP, outgoing: settings.SmtpSettings) -> None:
    """Return a connection to the pool after a finished mail, for the next one."""
    with _lock:
        if len(_idle_connections) < MAX_IDLE_CONNECTIONS:
            _idle_connections.append((connection, outgoing, time.monotonic()))
            _schedule_close()
            return
    close_connection(connection)


def close_connection(connection: smtplib.SMTP) -> None:
    """Send QUIT and close the connection, ignoring the answer: what was accepted with 250 stays accepted."""
    try:
        connection.sock.settimeout(2)
        connection.quit()
    except (OSError, smtplib.SMTPException, AttributeError):
        connection.close()


def close_all() -> None:
    """Close every connection that nobody uses."""
    while entry := _pop_idle():
        close_connection(entry[0])


def tls_context(outgoing: settings.SmtpSettings) -> ssl.SSLContext:
    """Return a TLS context that checks certificate and name."""
    return ssl.create_default_context(cafile=outgoing.ca_file or None)


def _pop_idle() -> tuple[smtplib.SMTP, settings.SmtpSettings, float] | None:
    with _lock, contextlib.suppress(IndexError):
        return _idle_connections.pop()


def _schedule_close() -> None:
    """Start a timer that closes idle connections, if none runs yet. The caller holds the lock."""
    global _closer
    if _closer is None:
        _closer = threading.Timer(IDLE_SECONDS, _close_idle)
        _closer.daemon = True
        _closer.start()


def _close_idle() -> None:
    """Close connections that were idle for long. Connections in use are not in the list, so that no mail is
    interrupted.
    """
    global _closer
    with _lock:
        old = [entry for entry in _idle_connections if time.monotonic() - entry[2] >= IDLE_SECONDS]
        _idle_connections[:] = [entry for entry in _idle_connections if entry not in old]
        _closer = None
        if _idle_connections:
            _schedule_close()
    for connection, _, _ in old:
        close_connection(connection)


def _open_connection(outgoing: settings.SmtpSettings) -> smtplib.SMTP:
    if not outgoing.server:
        raise errors.ChannelBlockedError(gettext("No mail server is set. Set MAIL_SERVER."), scope="installation")
    where = f"{outgoing.server}:{outgoing.port}"
    connection = None
    try:
        if outgoing.use_ssl:
            connection = smtplib.SMTP_SSL(
                outgoing.server, outgoing.port, timeout=outgoing.timeout, context=tls_context(outgoing)
            )
        else:
            connection = smtplib.SMTP(outgoing.server, outgoing.port, timeout=outgoing.timeout)
        connection.ehlo_or_helo_if_needed()
        if not outgoing.use_ssl and (outgoing.use_tls or not settings.is_loopback(outgoing.server)):
            _start_tls(connection, outgoing, where)
        if outgoing.username:
            _sign_in(connection, outgoing)
        return connection
    except Exception as error:
        if connection:
            connection.close()
        raise _describe_error(error, where, outgoing) from error


def _sign_in(connection: smtplib.SMTP, outgoing: settings.SmtpSettings) -> None:
    """Sign in by password, or by an access token, of which a refused one is renewed once."""
    if outgoing.oauth is None:
        connection.login(outgoing.username, outgoing.password)
        return
    token = oauth.access_token(outgoing.oauth)
    try:
        _sign_in_by_token(connection, outgoing.username, token)
    except smtplib.SMTPAuthenticationError as refused:
        if refused.smtp_code < 500:
            raise
        _sign_in_by_token(connection, outgoing.username, oauth.access_token(outgoing.oauth, is_renewed=True))


def _sign_in_by_token(connection: smtplib.SMTP, username: str, token: str) -> None:
    """Send the token at once; a server that refuses it asks once more and wants an empty answer."""
    text = oauth.xoauth2_text(username, token)
    connection.auth("XOAUTH2", lambda challenge=None: text if challenge is None else "")


def _start_tls(connection: smtplib.SMTP, outgoing: settings.SmtpSettings, where: str) -> None:
    if not connection.has_extn("starttls"):
        raise errors.ChannelBlockedError(
            gettext(
                "The mail server %(where)s does not offer STARTTLS, so mail would travel in the clear.", where=where
            ),
            scope="installation",
        )
    code, answer = connection.starttls(context=tls_context(outgoing))
    if code != 220:
        raise smtplib.SMTPResponseException(code, answer)
    connection.ehlo()


def _describe_error(error: Exception, where: str, outgoing: settings.SmtpSettings) -> errors.ChannelError:
    if isinstance(error, errors.ChannelError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return errors.ChannelBlockedError(
            gettext(
                "The certificate of the mail server %(where)s is not valid: %(verify_message)s.",
                where=where,
                verify_message=error.verify_message,
            ),
            scope="installation",
        )
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        if outgoing.oauth is not None:
            sentence = gettext("The mail server %(where)s refuses the access token of MAIL_USERNAME.", where=where)
            return errors.ChannelBlockedError(sentence, scope="installation")
        return errors.ChannelBlockedError(
            gettext(
                "The mail server %(where)s refuses MAIL_USERNAME or MAIL_PASSWORD (%(smtp_code)s).",
                where=where,
                smtp_code=error.smtp_code,
            ),
            scope="installation",
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return errors.ChannelBlockedError(
            gettext(
                "The mail server %(where)s does not let anybody sign in. Unset MAIL_USERNAME or use TLS.", where=where
            ),
            scope="installation",
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return errors.TemporaryError(
            gettext("The mail server %(where)s is not ready (%(smtp_code)s).", where=where, smtp_code=error.smtp_code)
        )
    if isinstance(error, ssl.SSLError):
        return errors.ChannelBlockedError(
            gettext("The mail server %(where)s does not speak TLS as set (MAIL_USE_TLS, MAIL_USE_SSL).", where=where),
            scope="installation",
        )
    if isinstance(error, TimeoutError):
        return errors.TemporaryError(gettext("The mail server %(where)s did not answer in time.", where=where))
    if isinstance(error, (OSError, smtplib.SMTPException)):
        return errors.TemporaryError(gettext("The mail server %(where)s cannot be reached.", where=where))
    raise error


def _is_alive(connection: smtplib.SMTP) -> bool:
    try:
        return connection.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False
