"""An invalid cursor shows the first page, never an error and never others' rows."""

import base64
import json

import pytest

MADE_UP = [
    [0, "0001-01-01T00:00:00+14:00", 1],
    [0, "9999-12-31T23:59:59-14:00", 1],
    [1, "9999-12-31T23:59:59-14:00", 1],
    [0, "2026-01-01T00:00:00", 1],
    [0, "2026-01-01T00:00:00+00:00", 2**63],
    [0, "2026-01-01T00:00:00+00:00", -(2**63)],
    [0, "2026-01-01T00:00:00+00:00", True],
    [0, "2026-01-01T00:00:00+00:00", 1.5],
    [0, "2026-01-01T00:00:00+00:00", "1; DROP TABLE tickets"],
    [0, float("nan"), 1],
    [0, float("inf"), 1],
    [0, -1e308, 2**62],
    [0, 10**400, 1],
    [0, "\ud800", 1],
    [0, "\x00", 1],
    [{"a": 1}, "2026-01-01T00:00:00+00:00", 1],
    [],
    {},
    None,
    "x",
]


@pytest.mark.parametrize("what", MADE_UP, ids=repr)
def test_invalid_cursor_shows_the_first_page(make, browser_of, what):
    globex, umbra = make.organization(), make.organization()
    make.ticket(make.user(globex), subject="Ours")
    make.ticket(make.user(umbra), subject="Theirs")
    cursor = base64.urlsafe_b64encode(json.dumps(what).encode()).decode().rstrip("=")
    client = browser_of(make.user(globex))
    for query in ({}, {"q": "ours"}, {"sort": "oldest"}, {"sort": "number"}):
        answer = client.get("/tickets/list", query_string={**query, "after": cursor})
        assert answer.status_code == 200 and "Theirs" not in answer.text
    desk = browser_of(make.agent())
    for sort in ("", "waiting", "oldest", "newest"):
        assert desk.get("/desk/queue", query_string={"sort": sort, "after": cursor}).status_code == 200


@pytest.mark.parametrize(
    "before", ["0001-01-01T00:00:00+14:00_1", "2026-01-01T00:00:00+00:00_-" + "9" * 30, "_", "x_1"]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_invalid_cursor_shows_the_first_page_of_the_audit_log(make, browser_of, before):
    assert (
        browser_of(make.agent(role="admin")).get("/settings/audit", query_string={"before": before}).status_code == 200
    )
