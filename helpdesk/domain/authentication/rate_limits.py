"""Rate limits that throttle sign-in links: how many an address and a network may request, counted in the database, so that every
process counts the same."""

import ipaddress
from datetime import timedelta

from sqlalchemy import func, select, text

from helpdesk import clock
from helpdesk.extensions import db
from helpdesk.models.sign_in_link import SignInLink

LIMITS_PER_ADDRESS = ((5, timedelta(minutes=15)), (20, timedelta(days=1)))
LIMIT_PER_NETWORK = (30, timedelta(hours=1))
TOTAL_LIMIT = (300, timedelta(hours=1))
ADVISORY_LOCK_ID = 7_265_001  # any number of ours: askers take turns, so that many at once are counted too


def network_prefix(ip: str | None) -> str:
    """The network an address is in, as limits and lists name it: /24 of IPv4, /56 of IPv6; "" for what is no address."""
    try:
        parsed = ipaddress.ip_address((ip or "").partition("%")[0])
    except ValueError:
        return ""
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 56), strict=False))


def is_limit_exceeded(email: str, ip_prefix: str) -> bool:
    """Whether one more link for ``email``, or from ``ip_prefix``, would be too many. The same work whatever the answer."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK_ID})
    counts = [_count_requests(window, SignInLink.email == email) for _, window in LIMITS_PER_ADDRESS]
    counts += [
        _count_requests(LIMIT_PER_NETWORK[1], SignInLink.ip_prefix == ip_prefix),
        _count_requests(TOTAL_LIMIT[1]),
    ]
    most = [limit for limit, _ in (*LIMITS_PER_ADDRESS, LIMIT_PER_NETWORK, TOTAL_LIMIT)]
    found = db.session.execute(select(*counts)).one()
    return any(count >= limit for count, limit in zip(found, most, strict=True))


def _count_requests(window: timedelta, *conditions):
    recent = SignInLink.created_at > clock.now() - window
    return (
        select(func.count())
        .select_from(SignInLink)
        .where(SignInLink.purpose == "sign_in", recent, *conditions)
        .scalar_subquery()
    )
