"""What can be found out about a connection without a person, and what an operator should know."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from helpdesk import clock
from helpdesk.domain.authentication import provider_keys
from helpdesk.domain.authentication.connections import administration, discovery, failures
from helpdesk.domain.authentication.connections.provider import fetch_checked
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.translation import format_date, gettext

REMIND_BEFORE = timedelta(days=14)


@dataclass(frozen=True)
class ProviderState:
    """What became of fetching document and keys. ``reason``: a code of ``failures``, "" where nothing is wrong."""

    reason: str = ""
    detail: str = ""
    sentence: str = ""
    keys_expire_at: datetime | None = None


def fetch_state(issuer: str) -> ProviderState:
    """Fetch document and keys of the provider at ``issuer``. Slow: no transaction should be open."""
    try:
        metadata = discovery.fetch_metadata(issuer)
        keys = provider_keys.fetch_keys(metadata.keys_url, fetch_checked)
    except discovery.DiscoveryFailed as failure:
        sentence = f"{failure.message} ({failure.detail})" if failure.detail else failure.message
        return ProviderState(failure.reason, failure.detail, sentence)
    except (jwt.PyJWTError, ValueError):
        return ProviderState("keys", "", str(failures.REASONS["keys"]))
    return ProviderState(keys_expire_at=keys.expires_at)


def find_error(issuer: str) -> str:
    """Why the provider at ``issuer`` cannot be used, by its document and keys; "" if no reason is found.

    Slow: no transaction should be open.
    """
    return fetch_state(issuer).sentence


def list_warnings(connection: SignInConnection) -> Iterator[str]:
    """What should be put right about ``connection``, as sentences; needs no call."""
    now = clock.now()
    expires = connection.secret_expires_at
    if expires is not None and expires < now + REMIND_BEFORE:
        sentence = gettext("%(name)s: its secret runs out on %(day)s.", name=connection.name, day=format_date(expires))
        yield sentence
    for row in connection.domains:
        if row.verified_at is None:
            yield gettext("%(name)s: the domain %(domain)s is not proven.", name=connection.name, domain=row.domain)
        elif row.missing_since is not None:
            yield gettext(
                "%(name)s: the record that proves %(domain)s is gone.", name=connection.name, domain=row.domain
            )
    failed, signed_in = connection.last_failure_at, connection.last_sign_in_at
    if failed is not None and (signed_in is None or signed_in < failed):
        yield gettext(
            "%(name)s: the last sign-in failed. %(reason)s", name=connection.name, reason=failures.describe(connection)
        )


def list_all() -> list[SignInConnection]:
    """Return the connections that are switched on."""
    return [each for each in administration.list_connections() if each.is_active]
