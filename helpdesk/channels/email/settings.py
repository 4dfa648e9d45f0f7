"""Configuration of the mail channel as plain values: how to send, which servers to trust, where to poll."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from helpdesk import config as configuration
from helpdesk.channels.email.oauth import OauthSettings


@dataclass(frozen=True)
class SmtpSettings:
    """Settings of outgoing mail. ``timeout`` is for every step in seconds, ``final_timeout`` for the answer after the
    last dot. With ``oauth`` an access token takes the place of the password.

    ``ca_file`` names certificates to trust instead of the system's. TLS is left out only towards this very machine.
    """

    server: str
    port: int = 25
    use_tls: bool = False
    use_ssl: bool = False
    username: str = ""
    password: str = ""
    sender: str = ""
    timeout: float = 30
    final_timeout: float = 300
    ca_file: str = ""
    oauth: OauthSettings | None = None

    def __repr__(self) -> str:
        return f"Outgoing({self.server}:{self.port})"


@dataclass(frozen=True)
class IncomingMailSettings:
    """Settings of incoming mail: which senders are trusted.

    ``reply_domain``: the domain of reply+token@ addresses. ``return_domain``: that of return addresses.
    ``authserv_ids``: whose Authentication-Results header counts. ``verify_ourselves``: without it, check DKIM
    and DMARC here, which asks DNS: for workers only. ``asks_policies``: where that header has results of SPF and DKIM
    only, look up the sender's DMARC policy.
    ``dns``: returns the TXT text of a name or None; None asks the real DNS. ``instances``: this installation's random
    ids, one for every accepted SECRET_KEY.
    """

    reply_domain: str = ""
    authserv_ids: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    verify_ourselves: bool = False
    asks_policies: bool = False
    dns: Callable[[str], str | None] | None = None
    return_domain: str = ""


@dataclass(frozen=True)
class ImapSettings:
    """A mailbox to poll. ``security`` is tls, starttls or none (this machine only); ``move_to`` is a folder for
    received mails.
    """

    server: str
    username: str
    password: str
    port: int = 993
    folder: str = "INBOX"
    move_to: str = ""
    security: str = "tls"
    timeout: float = 30
    ca_file: str = ""
    oauth: OauthSettings | None = None

    def __repr__(self) -> str:
        return f"Imap({self.server}:{self.port}/{self.folder})"


def smtp_settings(config: configuration.Config | None = None) -> SmtpSettings:
    """Return the MAIL_* settings of ``config``, or of the running process."""
    config = config or configuration.current()
    return SmtpSettings(
        server=config.MAIL_SERVER,
        port=config.MAIL_PORT,
        use_tls=config.MAIL_USE_TLS,
        use_ssl=config.MAIL_USE_SSL,
        username=config.MAIL_USERNAME,
        password=config.MAIL_PASSWORD,
        sender=config.MAIL_DEFAULT_SENDER,
        oauth=oauth_settings(config),
    )


def oauth_settings(config: configuration.Config | None = None) -> OauthSettings | None:
    """Return where access tokens for the mail server and the mailbox come from; None where passwords are used."""
    config = config or configuration.current()
    if not config.MAIL_OAUTH_CLIENT_ID:
        return None
    return OauthSettings(
        token_url=config.MAIL_OAUTH_TOKEN_URL,
        client_id=config.MAIL_OAUTH_CLIENT_ID,
        client_secret=config.MAIL_OAUTH_CLIENT_SECRET,
        refresh_token=config.MAIL_OAUTH_REFRESH_TOKEN,
        scope=config.MAIL_OAUTH_SCOPE,
    )


def incoming_mail_settings(
    instances: tuple[str, ...], config: configuration.Config | None = None
) -> IncomingMailSettings:
    """Return the settings of incoming mail from ``config`` or the running process; ``instances`` are this
    installation's random ids. Without a trusted border server, mail is checked here.
    """
    config = config or configuration.current()
    names = tuple(config.INBOUND_AUTHSERV_ID.replace(",", " ").split())
    domain = config.INBOUND_MAIL_DOMAIN.lower()
    return IncomingMailSettings(
        domain,
        names,
        instances,
        verify_ourselves=not names,
        asks_policies=True,
        return_domain=config.MAIL_RETURN_DOMAIN,
    )


def imap_settings(config: configuration.Config | None = None) -> ImapSettings | None:
    """Return the mailbox of IMAP_URL (imaps://user:password@host:port/folder, percent-encoded), or None if unset.

    Raises ValueError with a sentence for one that cannot be parsed.
    """
    config = config or configuration.current()
    url = config.IMAP_URL
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"imaps", "imap"} or not parts.hostname or not parts.username:
        raise ValueError("IMAP_URL is not written like imaps://user:password@host/folder.")
    is_tls = parts.scheme == "imaps"
    security = "tls" if is_tls else "none" if is_loopback(parts.hostname) else "starttls"
    return ImapSettings(
        server=parts.hostname,
        username=unquote(parts.username),
        password=unquote(parts.password or ""),
        port=parts.port or (993 if is_tls else 143),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        security=security,
        oauth=oauth_settings(config),
    )


def is_loopback(server: str) -> bool:
    """Return whether ``server`` is a loopback name, the only host to which mail may be sent without TLS."""
    return server.lower() in {"localhost", "::1"} or server.startswith("127.")
