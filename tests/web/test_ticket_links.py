"""Numbers of tickets in messages and events are links for the team."""

import pytest

from helpdesk.web.templating.ticket_links import link_ticket, link_ticket_numbers

LINK = '<a href="/tickets/42">#42</a>'


@pytest.mark.parametrize(
    ("html", "linked"),
    [
        ("<p>See #42.</p>", f"<p>See {LINK}.</p>"),
        ("<p>(#42)</p>", f"<p>({LINK})</p>"),
        ("<p><code>#42</code> #42</p>", f"<p><code>#42</code> {LINK}</p>"),
        ('<p><a href="/x#42">#42</a></p>', '<p><a href="/x#42">#42</a></p>'),
        ("<p>&#42; a#42 #042 #42px #42-1 /#42</p>", "<p>&#42; a#42 #042 #42px #42-1 /#42</p>"),
        ("<p>#1234567890123456789</p>", "<p>#1234567890123456789</p>"),
    ],
)
def test_a_number_is_a_link_but_not_in_code_and_links(html, linked):
    assert link_ticket_numbers(html) == linked


def test_the_sentence_of_an_event_is_escaped():
    assert link_ticket("<b> filed #42", 42) == f"&lt;b&gt; filed {LINK}"
