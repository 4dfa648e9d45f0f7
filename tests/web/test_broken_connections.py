"""A connection to the database that breaks between two requests is answered as an outage, never as a fault of ours."""

import pytest

from helpdesk.domain.administration import settings
from helpdesk.translation import languages
from tests import conftest

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_a_connection_that_breaks_while_the_language_is_found(make, browser_of, session, database_url):
    assert len(languages.offered_codes()) > 1
    browser = browser_of(make.user(make.organization("Globex"), "Dana"))
    session.commit()
    assert browser.get("/tickets").status_code == 200
    settings.invalidate_cache()  # so that the first question of the next request is the one for the team's language
    conftest.run_sql(database_url, END_ALL)
    answer = browser.get("/tickets")
    assert answer.status_code in (200, 503)
    assert browser.get("/tickets").status_code == 200
