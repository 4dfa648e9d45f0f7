"""Searches on the pages of the team and of customers."""

import pytest

from tests.factories import signed_in_client

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_lists_say_that_a_typo_was_forgiven(app, make):
    dana = make.user(make.organization("Globex"))
    make.ticket(dana, "The printer")
    for reader, path in ((dana, "/tickets?q="), (make.agent(), "/desk?view=all&q=")):
        client = signed_in_client(app, reader)
        assert "Nothing has “pirnter”." in client.get(f"{path}pirnter").text
        assert "Nothing has" not in client.get(f"{path}printer").text
