"""Numbers are read as the reader's language writes them, and written so that reading them gives the same number."""

import pytest

from helpdesk import translation
from helpdesk.domain.forms.field_types.base import InvalidAnswer
from helpdesk.domain.forms.field_types.number import Number
from helpdesk.models.form import Field
from helpdesk.translation.numbers import parse_number, write_number

READ_IN_BOTH = {
    "12": 12,
    "+5": 5,
    "-3,5": -3.5,
    "3.5": 3.5,
    "0.5": 0.5,
    "0,500": 0.5,
    "1.000,5": 1000.5,
    "1,000.5": 1000.5,
    "1 000,5": 1000.5,
    "1\u202f000": 1000,
    "1'000.5": 1000.5,
    "1.000.000": 1_000_000,
    "12345.678": 12345.678,
    "12,34,567.5": 1_234_567.5,
    "\u2212٣": -3,
    "١٬٢٣٤٫٥": 1234.5,
    "１２．５": 12.5,
    "१२": 12,
}
READ_BY_LANGUAGE = {"1.000": (1.0, 1000), "1,000": (1000, 1.0), "-1.234": (-1.234, -1234)}
NO_NUMBERS = (
    "twelve",
    "1e9",
    "nan",
    "³",
    "1,0,0",
    "1,00,00",
    "½",
    "1.2.3",
    "1.00.000",
    "1,000,5",
    "1.000,5.5",
    "",
    "-",
    "1.",
    "--1",
)


def test_numbers_are_read_as_the_language_has_them(write_catalogue):
    write_catalogue("de", "")
    for position, code in enumerate(("en", "de")):
        with translation.use_language(code):
            for text, number in READ_IN_BOTH.items():
                assert parse_number(text) == number, (code, text)
            for text, numbers in READ_BY_LANGUAGE.items():
                assert parse_number(text) == numbers[position], (code, text)
            for text in NO_NUMBERS:
                assert parse_number(text) is None, (code, text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_stored_number_is_shown_so_that_saving_it_again_changes_nothing(app, write_catalogue):
    write_catalogue("de", "")
    for code in ("en", "de"):
        with translation.use_language(code):
            for number in (0, 7, 1000, 1.234, -0.5, 1000.5, 1234567.875):
                assert parse_number(write_number(number)) == number
                (text,) = Number().texts_from_value(number) or ["0"]
                assert Number().parse_text(Field(label="N"), text) == number
                assert Number().parse_text(Field(label="N"), Number().texts_from_json(number)[0]) == number
    with translation.use_language("de"):
        assert Number().texts_from_value("1.234") == ["1,234"], "Slack and programs write a point"
        with pytest.raises(InvalidAnswer, match="3,5"):
            Number().parse_text(Field(label="N"), "zwölf")
