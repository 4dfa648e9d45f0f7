"""Ids that come from outside: what no database can store is looked up in none."""

import pytest

from helpdesk.database.row_ids import MAX_ID, is_id, parse_id


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("7", 7),
        ("0", 0),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("", None),
        (None, None),
        ("-7", None),
        (" 7", None),
    ],
)
def test_an_id_is_a_text_of_digits_that_fits(text, id):
    assert parse_id(text) == id


@pytest.mark.parametrize("text", ["7x", "1_0", "+7", "1.0", "²", "٣", "７"])
def test_no_other_characters_are_digits(text):
    assert parse_id(text) is None


def test_zero_and_what_is_too_large_are_no_ids():
    assert [is_id(number) for number in (-1, 0, 1, MAX_ID, MAX_ID + 1)] == [False, False, True, True, False]
