"""Texts that would take long to parse are shown with every sign, and usual addresses are not parsed twice."""

import nh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it.common.normalize_url import normalizeLink

from helpdesk.markup import (
    document,
    markdown_links,
    markdown_parser,
    markdown_reader,
    markdown_rendering,
    markdown_writer,
    text_writer,
)


@pytest.mark.parametrize("pattern", ["<b>&", "\u00a0\u00a0<script>", "<b onclick>&&&&"])
def test_a_text_of_little_but_signs_for_html_is_code_that_a_sanitizer_leaves_alone(pattern):
    text = pattern * (50_000 // len(pattern))
    html = markdown_rendering.markdown_to_html(text)
    assert html.startswith("<pre><code>") and html.count("<") == 4
    assert nh3.clean(str(html)).replace("&nbsp;", "\u00a0") == html
    assert html.unescape().replace("<pre><code>", "").replace("</code></pre>\n", "") == text


def test_many_signs_behind_backslashes_are_shown_without_the_backslashes():
    html = markdown_rendering.markdown_to_html(r"\*a\_ " * 7_000)
    assert html.count("*a_") == 7_000 and "\\" not in html


def test_a_message_of_thousands_of_addresses_keeps_them_as_text():
    count = markdown_parser.MAX_EMAIL_ADDRESSES + 1
    assert markdown_rendering.markdown_to_html("a@b.com " * count).count("a@b.com") == count


@pytest.mark.parametrize("signs", ["\u2028*", "a_*b*", "\\ `c` &amp; ", "[d](e) <f@g.h> ~~i~~ ", "*\\"])
def test_text_of_many_signs_is_read_again_as_it_was(signs):
    text = (signs * 500).strip()
    written = markdown_writer.write_markdown([document.Paragraph([document.Span(text)])])
    (paragraph,) = markdown_reader.read_markdown(written)
    assert document.plain_text(paragraph.spans) == text


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(["http://a", "https://xn--", "mailto:a@b", "HTTPS://www.a.example/", "https://"]),
    st.text(st.sampled_from("aB9._~:/?#@!$&'()*+,;=-%xn []<>\\\"\u00fc"), max_size=10),
)
@example("https://", "xn--bcher-kva.example/%2F?a=(b)&c")
def test_an_address_that_is_not_parsed_is_one_that_parsing_does_not_change(start, rest):
    address = start + rest
    assert not markdown_links.is_encoded(address) or normalizeLink(address) == address


def test_a_table_of_thousands_of_cells_is_code_with_its_bars():
    html = str(markdown_rendering.markdown_to_html("|a|b|\n|-|-|\n" + "|c|d|\n" * 1_200))
    assert html.startswith("<pre><code>|a|b|\n") and html.count("|c|d|") == 1_200


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (r"a\*b\_c\[d\]", "<p>a*b_c[d]</p>"),
        (r"\*x\**y*", "<p>*x*<em>y</em></p>"),
        (r"[a\]b](https://a.example/x) \<b\>", '<p><a href="https://a.example/x">a]b</a> &lt;b&gt;</p>'),
        (r"a\_b@c.com a\@c.com", '<p><a href="mailto:a_b@c.com">a_b@c.com</a> a@c.com</p>'),
        (r"https\://a.example C:\dir\*.txt **a\***", "<p>https://a.example C:\\dir*.txt <strong>a*</strong></p>"),
        ("a * b _ c \\ d", "<p>a * b _ c \\ d</p>"),
        ("a_b_c_ _d_e_ _f_g", "<p>a_b_c_ <em>d_e</em> _f_g</p>"),
    ],
)
def test_signs_behind_backslashes_and_alone_are_signs(markdown, html):
    shown = str(markdown_rendering.markdown_to_html(markdown)).replace(' rel="noopener noreferrer nofollow"', "")
    assert shown.strip() == html


def test_a_scheme_behind_long_text_is_a_link_and_a_word_before_it_stays():
    html = str(markdown_rendering.markdown_to_html("word " * 50 + "seehttp://a.example (https://a.example/x) http://"))
    assert html.count("word") == 50 and "seehttp://a.example" in html
    assert '(<a href="https://a.example/x"' in html and html.count("<a ") == 1 and html.endswith(" http://</p>\n")


@pytest.mark.parametrize(
    ("text", "shown"), [("\x00" * 61_000, ""), ("a\x00\n" * 5_000, "a\n" * 5_000), ("|\x00" * 4_000, "|")]
)
def test_a_long_text_with_signs_that_nobody_sees_is_shown_without_them(text, shown):
    html = str(markdown_rendering.markdown_to_html(text))
    assert "\x00" not in html and html.removeprefix("<pre><code>").startswith(shown.strip())


def test_a_list_of_a_thousand_items_is_code_and_a_log_of_two_thousand_lines_in_a_fence_is_none_of_it():
    assert markdown_rendering.markdown_to_html("- a\n" * 1_000).startswith("<pre><code>- a\n")
    log = "Log:\n```\n" + "web_1 | started\n" * 2_000 + "```\n**end**"
    html = markdown_rendering.markdown_to_html(log)
    assert html.startswith("<p>Log:</p>") and html.endswith("<p><strong>end</strong></p>\n")
    assert html.count("web_1 | started") == 2_000


@pytest.mark.parametrize("indent", ["\u00a0" * 4, "\u3000\u3000", "\u00a0\u3000"])
@pytest.mark.parametrize("text", ["{}a\n{}b", "x\n\n{}**a** b", "- {}a\n\n  {}b", "> {}[a]: b", "{}- a"])
def test_every_line_keeps_the_indent_that_is_no_space_of_markdown(text, indent):
    html = markdown_rendering.markdown_to_html(text.format(indent, indent))
    assert html.unescape().count(indent) == text.count("{}")
    written = markdown_writer.write_markdown(markdown_reader.read_markdown(text.format(indent, indent)))
    assert markdown_rendering.markdown_to_html(written) == html


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("The price is ~~100~~ 80", "The price is ~~100~~ 80"),
        ("~~**two** seats~~ three", "~~two seats~~ three"),
        ("[~~the old page~~](https://x.example)", "~~the old page~~ (https://x.example)"),
        ("- ~~done~~\n- open", "- ~~done~~\n- open"),
        ("~~ and ~~~~ alone", "~~ and ~~~~ alone"),
    ],
)
def test_what_is_struck_out_reads_so_in_the_text_of_a_mail(markdown, text):
    """Without marks, both the old price and the new one stood, also in lists of tickets."""
    excerpts = (
        markdown_rendering.make_excerpt(markdown),
        markdown_rendering.make_excerpt_of_html(markdown_rendering.markdown_to_html(markdown)),
    )
    assert all(excerpt.count("~~") == text.count("~~") for excerpt in excerpts), excerpts
    assert text_writer.write_text(markdown_reader.read_markdown(markdown)) == text
