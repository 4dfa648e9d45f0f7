"""The settings that are cached for a few seconds in each process."""

import time
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.errors import ValidationError
from helpdesk.models.setting import Setting


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_change_made_by_another_process_is_seen_after_a_few_seconds(session, monkeypatch):
    chosen.set("team_name", "Before")
    session.commit()
    assert chosen.get("team_name") == "Before"
    session.execute(update(Setting).where(Setting.key == "team_name").values(value="After"))
    session.commit()
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + chosen.CACHE_SECONDS)
    monkeypatch.setattr(chosen, "time", later)
    assert chosen.get("team_name") == "After"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_change_made_by_this_process_is_seen_at_once(session):
    assert chosen.get("team_name") != "After"
    chosen.set("team_name", "After")
    assert chosen.get("team_name") == "After"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_system_address_is_an_address_as_everywhere(session):
    chosen.set("system_email", " Help@Müller.example ")
    assert chosen.get("system_email") == "help@xn--mller-kva.example"
    for wrong in ("help@northwind", "help@north..wind.example", "a..b@northwind.example", "=?x?=@northwind.example"):
        with pytest.raises(ValidationError):
            chosen.set("system_email", wrong)
    chosen.set("system_email", "")
    assert chosen.get("system_email") == ""
