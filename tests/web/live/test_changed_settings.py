"""What an admin saves is what every web process shows, not what it read a moment before."""

import asyncio

import pytest
from sqlalchemy import text

from helpdesk import config
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.web.live import listener
from helpdesk.web.live.hub import SseHub
from tests import async_helpers

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LIMIT = 30  # seconds


class WatchedHub(SseHub):
    """A hub that says when its process is subscribed, and when a change was passed on."""

    def __init__(self) -> None:
        super().__init__(limit=1)
        self.subscribed, self.heard = asyncio.Event(), asyncio.Event()

    def publish_everything(self) -> None:
        super().publish_everything()
        self.subscribed.set()

    def publish(self, topics) -> None:
        super().publish(topics)
        self.heard.set()


def save_by_another_process(value: str) -> None:
    """Change the announcement as a process does whose cache is not this one's."""
    settings.set("announcement", value)
    settings.get_all()  # the former value stands in the cache of this process ...
    settings._cache = settings._cache | {"announcement": "First"}
    db.session.commit()


def test_a_second_change_moments_after_the_first_is_seen_at_once(app, session):
    async def check() -> None:
        hub = WatchedHub()
        listening = asyncio.create_task(listener.listen(hub, config.current().REDIS_URL))
        try:
            async with asyncio.timeout(LIMIT):
                await hub.subscribed.wait()
                with app.app_context():
                    save_by_another_process("Second")
                await hub.heard.wait()
        finally:
            listening.cancel()

    async_helpers.run_in_thread(check())
    assert settings.get("announcement") == "Second"


def test_what_was_being_read_while_a_change_was_saved_is_not_kept(session, monkeypatch):
    settings.set("announcement", "First")
    session.commit()
    load = settings.load_all

    def load_while_another_thread_saves():
        values = load()
        session.execute(text("UPDATE settings SET value = :value WHERE key = 'announcement'"), {"value": '"Second"'})
        settings.invalidate_cache()
        return values

    monkeypatch.setattr(settings, "load_all", load_while_another_thread_saves)
    settings.invalidate_cache()
    assert settings.get("announcement") == "First"
    monkeypatch.setattr(settings, "load_all", load)
    assert settings.get("announcement") == "Second"
