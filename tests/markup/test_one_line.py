"""Subjects and names are stored as their writers see them, on one line."""

import pytest

from helpdesk.markup.one_line import to_one_line

PERSIAN, CODER = "\u0646\u0645\u06cc\u200c\u062a\u0648\u0627\u0646\u0645", "\U0001f469\u200d\U0001f4bb"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Two\twords \r\n here\u00a0\u2028now ", "Two words here now"),
        ("Rech\u00adnung, zero\u200bwidth, \ufeffmark, word\u2060joiner", "Rechnung, zerowidth, mark, wordjoiner"),
        (PERSIAN, PERSIAN),
        (f"{CODER} at work", f"{CODER} at work"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("\U0001fae8 is newer than this Python", "\U0001fae8 is newer than this Python"),
        ("Dana\u200dKim\u200c", "DanaKim"),
        ("\u202egnp.exe\u2069", "gnp.exe"),
        ("a\x00b\x07c\ud800d\uffff", "abcd"),
        ("\u3164\u0308\ufe0f\u200d", ""),
        ("\u2800", ""),
        ("e\u0301", "e\u0301"),
        ("\u674e", "\u674e"),
    ],
)
def test_what_nobody_sees_is_left_out_and_splits_no_word(given, kept):
    assert to_one_line(given) == kept
