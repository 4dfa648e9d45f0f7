"""The one clock. Times are aware and in UTC everywhere; a page or a mail turns them into somebody's own."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
