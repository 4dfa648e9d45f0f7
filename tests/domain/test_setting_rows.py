"""A row in which processes keep what they have in common is added once, and what each adds to it is kept."""

import pytest
from sqlalchemy import event, insert

from helpdesk.domain.outbox import look_up_counts
from helpdesk.extensions import db
from helpdesk.models.setting import Setting


def test_what_is_counted_is_added(session):
    for _ in range(2):
        look_up_counts.add_to_count("found")
    assert look_up_counts.read_counts() == {"found": 2, "absent": 0, "late": 0}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_of_two_that_count_first_neither_fails_nor_is_forgotten(session):
    """Another process adds the row after this one has seen that there is none. It ended a delivery with an error."""
    counted = []

    def count_elsewhere(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO settings") and not counted:
            counted.append(statement)
            with db.engine.begin() as other:
                other.execute(insert(Setting).values(key=look_up_counts.KEY, value={"found": 1}))

    event.listen(db.engine, "before_cursor_execute", count_elsewhere)
    try:
        look_up_counts.add_to_count("found")
    finally:
        event.remove(db.engine, "before_cursor_execute", count_elsewhere)
    assert counted and look_up_counts.read_counts()["found"] == 2
