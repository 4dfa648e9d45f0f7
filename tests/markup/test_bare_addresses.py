"""An address in running text ends before the signs of the sentence around it, wherever the text comes from."""

from html import escape, unescape
from re import findall, sub

import pytest

from helpdesk.channels.email.parse import html_to_markdown, plain_text_to_markdown
from helpdesk.channels.slack.parse import rich_text_to_markdown
from helpdesk.markup import markdown_rendering


def read_plain_mail(text):
    return "\n".join(line.markdown for line in plain_text_to_markdown.convert_lines(text))


def read_html_mail(text):
    return html_to_markdown.html_to_markdown(f"<p>{escape(text)}</p>")


def read_slack(text):
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return rich_text_to_markdown.elements_to_markdown([section], lambda _: None)


@pytest.mark.parametrize("read", [read_plain_mail, read_html_mail, read_slack, str])
@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("See https://x.example/my_page.", ["https://x.example/my_page"]),
        ("(see https://x.example/my_page)", ["https://x.example/my_page"]),
        ("https://x.example/my_page, then", ["https://x.example/my_page"]),
        ("[https://x.example/my_page]", ["https://x.example/my_page"]),
        ("https://x.example/A_(b), c", ["https://x.example/A_(b)"]),
        ("“https://x.example/a”", ["https://x.example/a"]),
        ("„https://x.example/my_page“", ["https://x.example/my_page"]),
        ("«https://x.example/a».", ["https://x.example/a"]),
        ("(«https://x.example/a».)", ["https://x.example/a"]),
        ("“See https://x.example/a.”", ["https://x.example/a"]),
        ("https://x.example/a…", ["https://x.example/a"]),
        ("https://x.example/my_page، ثم", ["https://x.example/my_page"]),
        ("هل https://x.example/a؟", ["https://x.example/a"]),
        ("यहाँ https://x.example/a।", ["https://x.example/a"]),
        (
            "詳細はhttps://x.example/a。次は（https://x.example/b_c）です",
            ["https://x.example/a", "https://x.example/b_c"],
        ),
        ("看https://x.example/a，然后", ["https://x.example/a"]),
        ("「https://x.example/a」を開く", ["https://x.example/a"]),
        ("https://x.example/Col·lecció", ["https://x.example/Col%C2%B7lecci%C3%B3"]),
        ("https://x.example/L’Équipe x", ["https://x.example/L%E2%80%99%C3%89quipe"]),
        ("https://。", []),
    ],
)
def test_an_address_ends_before_the_signs_of_the_sentence(read, text, addresses):
    html = markdown_rendering.markdown_to_html(read(text))
    assert [unescape(address) for address in findall('href="([^"]*)"', html)] == addresses
    assert unescape(sub("<[^>]*>", "", html)).strip() == text


def test_marks_at_the_end_of_an_address_in_a_mail_belong_to_it_unless_they_are_around_it():
    for text, address in (
        ("https://x.example/a_", "https://x.example/a_"),
        ("_https://x.example/a_", "https://x.example/a"),
        ("*https://x.example/a_b*", "https://x.example/a_b"),
    ):
        assert f'href="{address}"' in markdown_rendering.markdown_to_html(read_plain_mail(text))
