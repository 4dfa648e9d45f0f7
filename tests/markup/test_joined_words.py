"""Pieces of a text that are also written as one word."""

import re

from helpdesk.markup import joined_words

TEXT = (
    "An e-mail, 'quoted', of O’Brien: 1,000 or 1\u202f000\u00a0a, U.S.A., n/a and/or 5, 6. a-b-c -d e- ש\"ב\n_x_ y_z."
)


def test_the_pieces_of_a_text_are_those_that_have_a_joiner_by_themselves():
    pieces = [piece for _, piece in joined_words.list_joined_pieces(TEXT)]
    assert pieces == ["e-mail,", "O’Brien:", "1,000", "1\u202f000", "U.S.A.,", "n/a", "a-b-c", 'ש"ב', "y_z."]
    every = list(joined_words.PIECES_PATTERN.finditer(TEXT))
    joined = [match for match in every if joined_words.JOINER_PATTERN.search(match[0])]
    assert list(joined_words.list_joined_pieces(TEXT)) == [(match.start(), match[0]) for match in joined]


def test_a_sign_is_a_joiner_only_between_what_it_joins():
    found = [joined_words.remove_joiners(piece)[0] for piece in re.split(r"[ \n]", TEXT)]
    assert "email," in found
    assert "'quoted'," in found
    assert "and/or" in found
    assert "na" in found
    assert "_x_" in found
