"""Sessions end when they must: idle, absolute, revoked, or when a rule no longer lets their person in."""

from datetime import timedelta

import pytest
from sqlalchemy import event, inspect

from helpdesk import clock, extensions, live_events
from helpdesk.domain.authentication import sessions
from helpdesk.domain.people import organizations, users
from helpdesk.domain.privacy import row_retention
from helpdesk.models.session import Session
from helpdesk.models.user import User
from tests import timeouts


@pytest.mark.parametrize(
    ("role", "idle", "absolute"),
    [("requester", 24, 14 * 24), ("agent", 12, 14 * 24), ("lead", 12, 14 * 24), ("admin", 1, 12)],
)
def test_idle_and_absolute_limits_by_role(make, session, later, role, idle, absolute):
    user = make.user(make.organization()) if role == "requester" else make.agent(role=role)
    token = sessions.create_session(user, "link")
    session.commit()
    later(hours=idle, minutes=-2)
    assert sessions.load_session(token).id == user.id
    sessions.touch_session(sessions.load_session(token).session.id)
    session.commit()
    later(hours=2 * idle, minutes=-5)
    assert sessions.load_session(token) is not None, "being used keeps it alive"
    later(hours=2 * idle, minutes=5)
    assert sessions.load_session(token) is None, "idle for too long"
    row = session.query(Session).one()
    row.last_seen_at = clock.now() + timedelta(days=30)
    session.commit()
    later(hours=absolute, minutes=1)
    assert sessions.load_session(token) is None, "too old, however much it is used"


def test_the_token_itself_is_nowhere(make, session):
    token = sessions.create_session(make.user(make.organization()), "link")
    session.commit()
    row = session.query(Session).one()
    assert token not in {str(value) for value in vars(row).values()} and len(token) == 43
    assert sessions.load_session(token + "x") is None and sessions.load_session("") is None


def test_one_query_says_who_it_is_and_whether_they_are_let_in(make, session):
    token = sessions.create_session(make.user(make.organization("Globex")), "link")
    session.commit()
    session.expire_all()
    statements = []
    note = lambda *a: statements.append(a[2])  # noqa: E731
    event.listen(extensions.db.engine, "before_cursor_execute", note)
    user = sessions.load_session(token)
    event.remove(extensions.db.engine, "before_cursor_execute", note)
    assert user.organization.name == "Globex" and user.is_active and user.session.provider == "link"
    assert len([s for s in statements if s.startswith("SELECT")]) == 1


def test_touching_writes_once_a_minute(make, session, later):
    token = sessions.create_session(make.user(make.organization()), "link")
    session.commit()
    first = sessions.load_session(token).session.last_seen_at
    later(seconds=50)
    assert not sessions.needs_touch(sessions.load_session(token).session)
    later(seconds=70)
    held = sessions.load_session(token).session
    assert sessions.needs_touch(held)
    sessions.touch_session(held.id)
    session.commit()
    session.expire_all()
    user = sessions.load_session(token)
    assert user.session.last_seen_at - first >= timedelta(seconds=70) and user.last_seen_at == user.session.last_seen_at


def test_who_holds_a_session_is_as_good_as_loaded(make, session):
    made = make.user(make.organization("Globex"))
    token = sessions.create_session(made, "link")
    session.commit()
    session.remove()
    user = sessions.load_session(token)
    loaded = {column.key: getattr(user, column.key) for column in inspect(User).column_attrs}
    assert inspect(user).persistent and inspect(user.organization).persistent and not session.dirty
    assert sessions.load_session(token) is user and session.get(User, loaded["id"]) is user
    user.name, user.organization.notes = "Renamed", "A note"
    session.commit()
    session.remove()
    again = session.get(User, loaded["id"])
    assert again is not user and (again.name, again.organization.notes) == ("Renamed", "A note")
    differing = {name for name, value in loaded.items() if getattr(again, name) != value}
    assert differing == {"name", "search_words"}, "every column stands where it belongs"


def edited(organization, **changes):
    organizations.update_organization(organization, version=organization.version, actor=None, **changes)


@pytest.mark.parametrize(
    "withdraw",
    [
        lambda user: users.deactivate_user(user, actor=None),
        lambda user: edited(user.organization, domains=[]),
        lambda user: edited(user.organization, portal_enabled=False),
        lambda user: edited(user.organization, allowlist_only=True),
    ],
)
def test_a_withdrawn_right_revokes_the_row_and_tells_open_pages(make, session, withdraw):
    listening = extensions.redis().pubsub()
    listening.subscribe(live_events.EVENTS_CHANNEL)
    assert listening.get_message(timeout=timeouts.LIMIT)["type"] == "subscribe"
    user, other = make.user(make.organization()), make.user(make.organization())
    token, others = sessions.create_session(user, "link"), sessions.create_session(other, "link")
    session.commit()
    withdraw(user)
    session.commit()
    assert session.query(Session).filter_by(user_id=user.id).one().revoked_at is not None
    published = set()
    while f"user:{user.id}" not in published:
        message = listening.get_message(timeout=timeouts.LIMIT)
        assert message, published
        published |= set(message["data"].decode().split())
    listening.close()
    assert f"user:{user.id}" in published and f"user:{other.id}" not in published
    assert sessions.load_session(token) is None and sessions.load_session(others) is not None


def test_pinning_a_directory_ends_the_sessions_microsoft_began(make, session):
    user = make.user(make.organization())
    by_microsoft, by_link = sessions.create_session(user, "microsoft"), sessions.create_session(user, "link")
    session.commit()
    edited(user.organization, microsoft_tenant="72f988bf-86f1-41af-91ab-2d7cd011db47")
    session.commit()
    assert sessions.load_session(by_microsoft) is None and sessions.load_session(by_link) is not None


def test_another_role_means_signing_in_anew(make, session):
    make.agent(role="admin")
    tomas = make.agent(role="agent")
    token = sessions.create_session(tomas, "link")
    users.set_role(tomas, "lead", actor=None)
    session.commit()
    assert sessions.load_session(token) is None


def test_one_revokes_only_what_is_ones_own(make, session):
    dana, leo = make.user(make.organization()), make.user(make.organization())
    token = sessions.create_session(dana, "link")
    session.commit()
    row = sessions.load_session(token).session
    assert not sessions.revoke_session(leo, row.id) and sessions.load_session(token) is not None
    assert sessions.revoke_session(dana, row.id) and sessions.load_session(token) is None


def test_looking_as_a_customer_is_a_stand_in_that_sees_what_they_see(make, session):
    maya, globex = make.agent("Maya", role="admin"), make.organization("Globex")
    token = sessions.create_session(maya, "link")
    session.commit()
    sessions.impersonate(sessions.load_session(token).session, globex)
    session.commit()
    stand_in = sessions.load_session(token)
    assert stand_in.is_impersonating and not stand_in.is_team and stand_in.organization_id == globex.id
    assert stand_in.display_name == "Maya (viewing as Globex)" and stand_in not in session
    sessions.impersonate(stand_in.session, None)
    session.commit()
    assert sessions.load_session(token) is maya


def test_what_ended_long_ago_is_forgotten(make, session, later):
    sessions.create_session(make.user(make.organization()), "link")
    session.commit()
    assert row_retention.purge_next_batch() == 0
    later(days=45)
    assert row_retention.purge_next_batch() == 1
