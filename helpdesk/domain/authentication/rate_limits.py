"""Rate limits (throttling) of mailed links, counted in the database so that all processes share them.

Requests are counted apart by how well their browser is known, so that others cannot use up the limits of people who
have signed in before. Only what was mailed counts for others: what was refused or limited never does.
"""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select, text

from helpdesk import clock
from helpdesk.extensions import db
from helpdesk.models.session import Session
from helpdesk.models.sign_in_link import SignInLink

ADVISORY_LOCK_ID = 7_265_001  # our own number; requests are counted one at a time, so that none is missed
MINUTES_15, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)


class Trust(StrEnum):
    """How well the browser is known that requests a link, the best known first."""

    browser = "browser"  # the person has signed in with it before
    network = "network"  # the person has signed in from its network in the last weeks
    proof = "proof"  # it has done a proof of work for this address
    none = "none"


@dataclass(frozen=True)
class Limits:
    """How many links are mailed: for one address, to one network in an hour, and in all in an hour; 0 has no limit."""

    per_15_minutes: int
    per_day: int
    per_network: int = 0
    in_all: int = 0


LIMITS = {
    Trust.browser: Limits(10, 60),
    Trust.network: Limits(10, 60),
    Trust.proof: Limits(5, 20, in_all=1000),
    Trust.none: Limits(5, 20, per_network=30, in_all=300),
}


def network_prefix(ip: str | None) -> str:
    """The network of an IP address, for limits and lists: /24 of IPv4, /56 of IPv6; "" if ``ip`` is no address."""
    try:
        parsed = ipaddress.ip_address((ip or "").partition("%")[0])
    except ValueError:
        return ""
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 56), strict=False))


def classify(user_id: int | None, ip_prefix: str, *, is_known_browser: bool, has_proof: bool) -> Trust:
    """How well the browser is known for the person ``user_id``. Always makes the same query."""
    known_network = select(Session.id).where(Session.user_id == (user_id or 0), Session.ip_prefix == ip_prefix)
    is_known_network = db.session.scalar(select(known_network.exists())) and bool(ip_prefix)
    if is_known_browser:
        return Trust.browser
    if is_known_network:
        return Trust.network
    return Trust.proof if has_proof else Trust.none


def exceeded_limit(email: str, ip_prefix: str, trust: Trust) -> str:
    """Which limit one more link would exceed: "address", "network" or "all"; "" if none. Always does the same work."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK_ID})
    limits = LIMITS[trust]
    # An address nobody knows reaches its own limit as a known one does; nobody can tell them apart by that.
    for_address = (SignInLink.email == email, or_(SignInLink.refused.is_(None), SignInLink.refused != "limited"))
    mailed = SignInLink.refused.is_(None)
    counts = (
        _count_requests(MINUTES_15, trust, *for_address),
        _count_requests(DAY, trust, *for_address),
        _count_requests(HOUR, trust, SignInLink.ip_prefix == ip_prefix, mailed),
        _count_requests(HOUR, trust, mailed),
    )
    recent, daily, network, total = db.session.execute(select(*counts)).one()
    if recent >= limits.per_15_minutes or daily >= limits.per_day:
        return "address"
    if limits.per_network and network >= limits.per_network:
        return "network"
    return "all" if limits.in_all and total >= limits.in_all else ""


def _count_requests(window: timedelta, trust: Trust, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    recent = SignInLink.created_at > clock.now() - window
    is_same = SignInLink.trust == trust
    return (
        select(func.count())
        .select_from(SignInLink)
        .where(SignInLink.purpose == "sign_in", recent, is_same, *conditions)
        .scalar_subquery()
    )
