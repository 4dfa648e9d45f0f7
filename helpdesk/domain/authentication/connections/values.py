"""What an admin enters of a connection, as its form and the API give it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict


class ConnectionValues(TypedDict, total=False):
    """The values of a connection; what is missing stays as it is.

    ``preset`` and ``issuer`` are read of a new connection only. ``client_secret``: "" keeps the stored one.
    ``role_rules``: one rule a line, see ``roles.parse_rules``. ``session_hours``: None is as long as everywhere.
    """

    preset: str
    issuer: str
    name: str
    client_id: str
    client_secret: str
    secret_expires_at: datetime | None
    tenant: str
    domains: Sequence[str]
    role_rules: str
    session_hours: int | None
    is_active: bool
    redirects_at_once: bool
    logs_out_at_provider: bool
