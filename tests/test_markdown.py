"""Markdown of users becomes safe HTML."""

import pytest

from helpdesk.markup import markdown_rendering


@pytest.mark.parametrize(
    "body", ["<b>bold</b>", "<script>alert(1)</script>", "<em onclick=x>word</em>", "text <h1>large</h1>"]
)
def test_html_of_a_message_is_text(body):
    html = markdown_rendering.markdown_to_html(body)
    assert "&lt;" in html
    assert not any(f"<{tag}" in html for tag in ("b>", "script", "em", "h1"))


@pytest.mark.parametrize("body", ["[word](https://other.example/)", "https://other.example/"])
def test_links_of_a_message_send_no_referrer(body):
    assert 'rel="noopener noreferrer nofollow"' in markdown_rendering.markdown_to_html(body)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "/account", "//other.example/"])
def test_only_web_and_mail_links_are_links(address):
    assert "href" not in markdown_rendering.markdown_to_html(f"[word]({address})")
