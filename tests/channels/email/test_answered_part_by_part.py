"""In HTML mails that answer part by part, the answers are said and only the parts are quoted, although the program has
put one element around all of it.
"""

import pytest

from tests.channels.email.test_mail_parts import multipart, parsed, part

SAID = "On Mon, Nov 30, 2026 at 1:00 PM Maya &lt;help@support.example&gt; wrote:<br>"
ANSWERED = "See inline.\n\n> Which one?\n\nThe red one.\n\n> Since when?\n\nSince Monday."
PAGES = {
    "Gmail": (
        f'<div>See inline.</div><br><div class="gmail_quote gmail_quote_container"><div class="gmail_attr">{SAID}</div>'
        '<blockquote class="gmail_quote"><div>Which one?</div></blockquote><div>The red one.</div>'
        '<blockquote class="gmail_quote"><div>Since when?</div></blockquote><div>Since Monday.</div></div>'
    ),
    "Proton": (
        f'<div>See inline.</div><div class="protonmail_quote">{SAID}<blockquote class="protonmail_quote" type="cite">'
        "<div>Which one?</div></blockquote><div>The red one.</div><blockquote type='cite'>Since when?</blockquote>"
        "<div>Since Monday.</div></div>"
    ),
}


@pytest.mark.parametrize("program", PAGES)
def test_answers_between_quotes_are_no_part_of_the_quote(program):
    mail = parsed(part("text/html; charset=utf-8", PAGES[program]))
    assert mail.body == ANSWERED
    assert "wrote:" in mail.quoted and "Monday." not in mail.quoted


def test_a_forwarded_mail_that_quotes_another_stays_folded():
    page = (
        '<div>FYI</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>'
        "From: Bo &lt;bo@globex.example&gt;<br>Date: Mon, Nov 30, 2026 at 1:00 PM<br>Subject: Order<br>To: Ann<br></div>"
        "<div>Their words</div><blockquote>Older ones</blockquote><div>More of their words</div></div>"
    )
    mail = parsed(multipart("alternative", part("text/html; charset=utf-8", page)))
    assert mail.body == "FYI" and "More of their words" in mail.quoted
