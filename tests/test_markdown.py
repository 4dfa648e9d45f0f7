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


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("[main]: started\n[worker]: stopped", "<p>[main]: started<br>\n[worker]: stopped</p>"),
        ("[main]: started\nand **more**", "<p>[main]: started<br>\nand <strong>more</strong></p>"),
        ("> [main]: started\n\n- [x]: y", "<p>[main]: started</p>"),
        ("[a]: https://a.example\n[a]: https://b.example\n\n[a]", "a</a>: <a href="),
        ("see [main]\n\n[main]: started", "<p>see [main]</p>\n<p>[main]: started</p>"),
        ("see [main]\n\n[main]: ./main", "<p>see main (./main)</p>"),
        ("[run](ftp://a.example/x) [here](/rel)", "<p>run (ftp://a.example/x) here (/rel)</p>"),
        (">" * 25 + " deep", "&gt;&gt;&gt;&gt;&gt; deep</p>"),
    ],
)
def test_no_word_of_a_message_is_gone(body, html):
    assert html in markdown_rendering.markdown_to_html(body)


def test_a_definition_that_a_link_uses_is_no_text():
    html = markdown_rendering.markdown_to_html("see [the page]\n\n[the page]: https://p.example/x")
    assert html.count("the page") == 1
    assert 'href="https://p.example/x"' in html


@pytest.mark.parametrize(
    ("body", "bold"),
    [
        ("**「保存」**を押す", "「保存」"),
        ("ข้อ**(สำคัญ)**นี้", "(สำคัญ)"),
        ("នេះ**«សំខាន់»**ណាស់", "«សំខាន់»"),
        ("**Hinweis:**Bitte warten", "Hinweis:"),
        ("これは**“重要”**です", "“重要”"),
        ("请点击**“确定”**按钮", "“确定”"),
        ("**(주)회사**는", "(주)회사"),
        ('the words "**one**"', "one"),
        ("a**b**c", "b"),
    ],
)
def test_bold_beside_cjk_and_punctuation_is_bold(body, bold):
    assert f"<strong>{bold}</strong>" in markdown_rendering.markdown_to_html(body)


@pytest.mark.parametrize("body", ["2 ** 3 ** 4", "glob(**x, **y)", "snake_case_name", "2*3", "** a **"])
def test_signs_that_are_no_marks_stay_signs(body):
    assert f"<p>{body}</p>" in markdown_rendering.markdown_to_html(body)


def test_text_of_a_list_keeps_its_numbers_and_levels():
    assert markdown_rendering.markdown_to_text("7. a\n8. b\n   - c\n\n2026\\. d") == "7. a\n8. b\n   - c\n\n2026. d"


def test_more_than_a_message_can_be_is_shown_as_it_was_typed():
    assert markdown_rendering.markdown_to_html("*a* " * 20_000).startswith("<pre><code>*a* *a* ")
    assert "<em>" not in markdown_rendering.markdown_to_html("*a* " * 5_000)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "**bold** and `a < b & c`",
        "one\ntwo\n\nthree",
        "# Title\n\n- first\n- second",
        "> quoted\n\nanswer",
        "word " * 900,
        "x" * 5000,
        "&amp; " * 2000,
        "",
    ],
)
def test_the_excerpt_of_stored_html_reads_as_that_of_its_markdown(text):
    of_html = markdown_rendering.make_excerpt_of_html(markdown_rendering.markdown_to_html(text), 120)
    of_markdown = markdown_rendering.make_excerpt(text, 120)
    assert of_html.split() == [word for word in of_markdown.split() if word not in ("-", ">", "•")]
    assert len(of_html) <= 121
