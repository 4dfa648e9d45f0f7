"""What people see while the database does not answer: 503 with Retry-After, on every page, and at once."""

import pytest
from sqlalchemy.exc import OperationalError

from helpdesk import extensions
from helpdesk.domain.administration import settings as chosen


@pytest.fixture
def out_of_order(app, monkeypatch):
    """A database that is gone, and nothing remembered from before."""

    def gone(*_, **__):
        raise OperationalError("BEGIN", {}, Exception("the database is gone"))

    def begin():
        chosen.invalidate_cache()
        extensions.db.session.remove()
        monkeypatch.setattr(extensions.db.engine, "connect", gone)
        monkeypatch.setattr(extensions.db.engine, "raw_connection", gone)

    return begin


@pytest.mark.parametrize("path", ["/tickets", "/tickets/1", "/sign-in", "/desk"])
def test_whoever_comes_is_asked_to_come_back(make, browser_of, out_of_order, path):
    browser = browser_of(make.user(make.organization()))
    out_of_order()
    answer = browser.get(path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"].isdecimal()
    assert "Try again in a minute" in answer.text


def test_an_error_page_that_cannot_be_made_is_the_same_answer(make, browser_of, out_of_order):
    browser = browser_of(make.user(make.organization()))
    out_of_order()
    answer = browser.post("/tickets", data={"subject": "Help", "body": "It broke."})
    assert answer.status_code == 503 and answer.headers["Retry-After"]
