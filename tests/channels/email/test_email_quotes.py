"""Separating what a person wrote from the quote their mail program added.

Exact at our marker, a good guess without it; nothing is lost.
"""

import pytest

from helpdesk.channels import email
from helpdesk.channels.email import settings
from helpdesk.channels.email.parse import html_to_markdown, quotes
from tests.channels.email import mail_clients

OURS = settings.IncomingMailSettings(reply_domain="reply.northwind.example", instances=("sample-installation",))
FOOTERS = (
    "Sent from my iPhone",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Sent with Proton Mail secure email.",
)


ANSWERS = [
    pytest.param(client, kind, id=f"{client.__name__}-{kind}")
    for client in mail_clients.ABOVE
    for kind, written in zip(("text", "html"), client(), strict=True)
    if written is not None
]
# Yahoo's plain text has no sign of a quote at all but its attribution.
WITHOUT_MARKER = [one for one in ANSWERS if one.id != "yahoo-text"]


def heard(client, kind, incoming=OURS):
    text, html = client()
    return email.parse_mail(mail_clients.mail(*((text, None) if kind == "text" else (None, html))), incoming)[0]


def words(body):
    for footer in FOOTERS:
        body = body.replace(footer, "")
    return body.strip()


@pytest.mark.parametrize(("client", "kind"), ANSWERS)
def test_an_answer_is_cut_exactly_at_our_marker(client, kind):
    mail = heard(client, kind)
    assert words(mail.body) == mail_clients.ANSWER
    assert mail.cut == "marker"
    assert "Same here, since Monday." in mail.quoted


@pytest.mark.parametrize(("client", "kind"), WITHOUT_MARKER)
def test_without_our_marker_the_quote_is_found_by_the_programs_habits(client, kind):
    mail = heard(client, kind, settings.IncomingMailSettings())
    assert words(mail.body) == mail_clients.ANSWER
    assert mail.cut == "quote"
    assert "Same here, since Monday." in mail.quoted


@pytest.mark.parametrize("client", mail_clients.BELOW)
def test_an_answer_below_the_quote_is_an_answer(client):
    mail = heard(client, "text")
    assert mail.body == mail_clients.ANSWER
    assert "Same here, since Monday." in mail.quoted


def test_answers_between_the_quotes_keep_their_questions():
    text = "Hello Maya,\n\nMaya wrote:\n> Which format?\n\nCSV.\n\n> Only finance?\n\nYes.\n\n> Regards\n> Maya\n"
    parts = quotes.split_quote(text)
    assert parts.body.startswith("Hello Maya,\n\n> Which format?\n\nCSV.\n\n> Only finance?\n\nYes.")
    assert "> Regards" in parts.quoted


def test_a_line_somebody_types_is_no_quote():
    for text in (
        "Bo said on Monday that he wrote:\nnothing at all\n\nand that was it",
        "From: where do I get it?\nI looked everywhere.",
        "a > b and b < c",
        "Look at what Bo wrote:",
        "The log says\n----- begin -----\nx",
    ):
        assert quotes.split_quote(text) == quotes.SplitText(text, "", "")


def test_another_installations_marker_is_words():
    text = f"See below\n{quotes.reply_marker('another installation')}\nmore of mine"
    assert quotes.split_quote(text, ("sample-installation",)).body == text


def test_every_word_is_either_in_the_body_or_in_the_quote():
    for client in mail_clients.ABOVE + mail_clients.BELOW:
        text, _ = client()
        if text:
            parts = quotes.split_quote(text, OURS.instances)
            assert sorted((parts.body + "\n" + parts.quoted).split()) == sorted(text.split()), client.__name__


def test_a_huge_quote_is_split_quickly():
    text = "mine\n\n" + "On Monday somebody\n" * 20_000 + "> x\n" * 20_000
    assert quotes.split_quote(text).body.startswith("mine")
    assert quotes.split_quote("> x\n" * 40_000 + "below").body == "below"
    assert quotes.split_quote("> x\n:\n" * 20_000 + "below").body.endswith("below")


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            "<p>Hi <b>there </b>&amp; *all*</p><p>two</p>",
            "Hi **there** &amp; \\*all\\*\n\ntwo".replace("&amp;", "&"),
        ),
        ("<div>one</div><div><br></div><div>two<br>three</div>", "one\n\ntwo\nthree"),
        ("<ul><li>a<li>b</ul><ol><li>c</li><li>d</li></ol>", "- a\n- b\n\n1. c\n2. d"),
        ("<p>x</p><blockquote>a<blockquote>b</blockquote></blockquote>y", "x\n\n> a\n>\n> > b\n\ny"),
        ("<pre>  x\n    y</pre>", "```\n  x\n    y\n```"),
        (
            '<a href="https://x.example/(1)">it</a> <a href="javascript:alert(1)">js</a>',
            "[it](https://x.example/\\(1\\)) js",
        ),
        ("<script>evil()</script><style>p{}</style><title>t</title>ok<!-- no -->", "ok"),
        ("# no<br>1. no<br>- no", "\\# no\n1\\. no\n\\- no"),
        ("&lt;script&gt;x&lt;/script&gt;", "<script>x</script>"),
        ("a<b", "a<b"),
        ('<div style="display:none">hidden</div>shown', "shown"),
    ],
)
def test_html_becomes_markdown_that_says_the_same(html, markdown):
    assert html_to_markdown.html_to_markdown(html) == markdown


@pytest.mark.parametrize(
    "piece", ["<!--", '<a "', "<div>", "<b>", "<blockquote>", "<b>x", "<!", "&#", "<script>", "<ul><li>"]
)
def test_hostile_html_costs_no_more_than_its_length(piece):
    html_to_markdown.html_to_markdown(piece * (400_000 // len(piece)))
