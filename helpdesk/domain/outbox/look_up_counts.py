"""Counts of look-ups after an unknown result, for metrics: whether the hold-off is long enough for this installation.

``found``: the earlier attempt had arrived. ``absent``: it had not, and was repeated. ``late``: it was repeated although
it arrived after all, and what was doubled was removed; if that happens, DELIVERY_HOLD_OFF is too short.
"""

from sqlalchemy import select

from helpdesk.database import errors as database_errors
from helpdesk.domain.administration import setting_rows
from helpdesk.extensions import db
from helpdesk.models.setting import Setting

KEY = "delivery_look_ups"  # the row in the table of settings
NAMES = ("found", "absent", "late")


def add_to_count(name: str, number: int = 1) -> None:
    """Add ``number`` to the count ``name``. Commits; does nothing while the database is unavailable."""

    def write() -> None:
        row = setting_rows.lock_row(KEY, {})
        row.value = {**row.value, name: int(row.value.get(name, 0)) + number}

    database_errors.ignore_if_unavailable(write)
    db.session.remove()


def read_counts() -> dict[str, int]:
    """Return all counts since the installation, 0 where nothing was counted."""
    stored = db.session.scalar(select(Setting.value).where(Setting.key == KEY)) or {}
    return {name: int(stored.get(name, 0)) for name in NAMES}
