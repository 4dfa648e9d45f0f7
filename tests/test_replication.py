"""When a server is believed to be a replica of this primary, and how far it is behind."""

import pytest

from helpdesk import config
from helpdesk.database import replication
from helpdesk.database.replication import ServerPosition
from tests.replaced_modules import replace_in


def test_a_replica_needs_postgresql():
    values = {"SECRET_KEY": "x" * 32, "DATABASE_REPLICA_URL": "postgresql://one/helpdesk"}
    with pytest.raises(config.UnsafeConfiguration, match="DATABASE_REPLICA_URL"):
        config.Config(values | {"DATABASE_URL": "sqlite:///x.db"})


def test_a_server_with_another_history_is_not_asked():
    def problem(history, there, primary=100, timeline="00000001"):
        server = ServerPosition(primary, timeline, system=1)
        return history.find_problem(server, there, server)

    assert "cluster" in problem(replication.History(5), ServerPosition(90, None, system=2))
    assert "receives nothing" in problem(replication.History(5), ServerPosition(90, None, 1, receives=False))
    assert "ahead" in problem(replication.History(5), ServerPosition(101, None, 1))
    assert "no replica" in problem(replication.History(5), ServerPosition(90, "00000002", 1))
    assert problem(replication.History(5), ServerPosition(90, "00000001", 1)) is None  # it has become the primary
    history = replication.History(5)
    assert problem(history, ServerPosition(100, None, 1)) is None
    after = problem(history, ServerPosition(100, None, 1), primary=110, timeline="00000002")
    assert "new primary" in after
    assert problem(history, ServerPosition(100, None, 1), primary=500, timeline="00000002") == after
    assert problem(history, ServerPosition(200, None, 1), primary=500, timeline="00000002") is None


def test_lag_is_the_time_since_the_replica_had_everything(monkeypatch):
    now = [1000.0]
    replace_in(monkeypatch, replication, "time", monotonic=lambda: now[0])
    history = replication.History(5)

    def lag(primary, there):
        now[0] += 1
        return history.measure_lag(ServerPosition(primary, "1", 1), ServerPosition(there, None, 1))

    assert [lag(100, 100), lag(200, 100), lag(300, 100), lag(400, 200)] == [0.0, 1.0, 2.0, 2.0]
    now[0] += 60
    assert lag(900, 850) is None  # nothing was seen for a minute
    assert lag(900, 880) is None
    assert lag(900, 900) == 0.0
