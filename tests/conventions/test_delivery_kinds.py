"""The database knows every kind of delivery and no other, takes any kind of channel, and keeps its rows either way."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from helpdesk import clock, extensions
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind


def test_every_kind_is_taken_and_no_other(app, session):
    session.add_all([Delivery(kind=kind, queue_key="mail") for kind in DeliveryKind])
    session.commit()
    session.add(Delivery(kind="pigeon", queue_key="mail"))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_a_kind_of_channel_needs_no_migration(app, session):
    row = {"kind": "pigeon", "external_id": "p", "name": "", "audience": "team", "created_at": clock.now()}
    session.execute(insert(Channel).values(row))
    session.commit()
    assert session.scalars(select(Channel.kind)).all() == ["pigeon"]


@pytest.mark.slow
def test_rows_stay_as_the_migration_goes_back_and_forth(app, make, session):
    make.ticket()
    before = session.execute(text("SELECT id, kind, thread_id, state FROM deliveries ORDER BY id")).all()
    session.rollback()
    extensions.db.session.remove()
    downgrade(revision="0016")
    extensions.db.session.remove()
    with extensions.db.engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(text("UPDATE channels SET kind = 'pigeon'"))
    upgrade()
    after = extensions.db.session.execute(text("SELECT id, kind, thread_id, state FROM deliveries ORDER BY id")).all()
    assert before == after and len(after) > 0
    if extensions.db.engine.dialect.name == "sqlite":
        assert extensions.db.session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert extensions.db.session.execute(text("PRAGMA foreign_key_check")).all() == []
