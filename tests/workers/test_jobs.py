"""Jobs that RQ runs: what an outage of the database makes of them."""

import logging
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from helpdesk import outage_log
from helpdesk.channels.slack import home
from workers import jobs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_home_views_in_an_outage_are_one_line_and_no_traceback(app, monkeypatch, caplog):
    def refuse(_ticket_id):
        raise OperationalError("SELECT 1", {}, Exception("the database is away"))

    monkeypatch.setattr(home, "refresh_homes", refuse)
    outage_log.reset_reports()
    looks = []
    jobs.bind(app, SimpleNamespace(wake=lambda: looks.append("look")))
    with caplog.at_level(logging.WARNING):
        for number in range(20):
            jobs.refresh_homes(number)
    lines = [record for record in caplog.records if "App Home" in record.getMessage()]
    assert len(lines) == 1 and lines[0].exc_info is None
    assert len(looks) == 20, "the one job of a changed ticket also sends what is due"
