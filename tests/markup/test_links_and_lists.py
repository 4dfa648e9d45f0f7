"""What public issues showed: addresses between marks, types in angle brackets, paths, and items that go on."""

import pytest

from helpdesk.channels.slack.render import mrkdwn
from helpdesk.markup import markdown_reader, markdown_rendering, markdown_writer, text_writer


def show(markdown: str) -> str:
    return str(markdown_rendering.markdown_to_html(markdown)).replace(' rel="noopener noreferrer nofollow"', "")


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("cv::Ptr<cv::Mat> and <made-up://x>", "<p>cv::Ptr&lt;cv::Mat&gt; and &lt;made-up://x&gt;</p>"),
        (
            "_see https://a.example/x#1_",
            '<p><em>see <a href="https://a.example/x#1">https://a.example/x#1</a></em></p>',
        ),
        ("~~https://a.example/x~~", '<p><s><a href="https://a.example/x">https://a.example/x</a></s></p>'),
        ("https://a.example/%5Bid%5D", '<p><a href="https://a.example/%5Bid%5D">https://a.example/%5Bid%5D</a></p>'),
        ("/data/~~a1/x and /data/~~b2", "<p>/data/~~a1/x and /data/~~b2</p>"),
        ("/a/**b and /c/**d", "<p>/a/**b and /c/**d</p>"),
        ("**Note:**text", "<p><strong>Note:</strong>text</p>"),
    ],
)
def test_signs_around_words_and_addresses_are_what_their_author_meant(markdown, html):
    assert show(markdown).strip() == html
    written = markdown_writer.write_markdown(markdown_reader.read_markdown(markdown))
    assert show(written).strip() == html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("![plan](https://a.example/p.png)", '<p><a href="https://a.example/p.png">plan</a></p>'),
        ("[![plan](https://a.example/p.png)](https://b.example)", '<p><a href="https://b.example">plan</a></p>'),
        (
            "[a ![**b**][c] d](https://b.example)\n\n[c]: /p",
            '<p><a href="https://b.example">a <strong>b</strong> d</a></p>',
        ),
        ("![](https://a.example/p.png)", '<p><a href="https://a.example/p.png">https://a.example/p.png</a></p>'),
        ("[![](/p.png)](https://b.example)", '<p><a href="https://b.example">https://b.example</a></p>'),
        ("[](https://b.example)", '<p><a href="https://b.example">https://b.example</a></p>'),
        (r"Look\![a](https://a.example)", '<p>Look!<a href="https://a.example">a</a></p>'),
        ("![x] ! [a](https://a.example)", '<p>![x] ! <a href="https://a.example">a</a></p>'),
    ],
)
def test_pictures_and_links_without_label_can_be_followed_everywhere(markdown, html):
    assert show(markdown).strip() == html
    written = markdown_writer.write_markdown(markdown_reader.read_markdown(markdown))
    assert show(written).strip() == html
    assert show(mrkdwn.message_to_markdown({"blocks": mrkdwn.rich_text_blocks(markdown, trusted=True)})).strip() == html


def test_a_link_in_a_table_shows_its_address_once_whatever_its_label():
    markdown = "| a |\n|---|\n| [**b** `c`](https://a.example/x) ~~[d](https://a.example/y)~~ |"
    line = "b c (https://a.example/x) ~~d~~ (https://a.example/y)"
    assert text_writer.write_text(markdown_reader.read_markdown(markdown)).split("\n")[1] == line
    assert to_slack(markdown)[0]["elements"][0]["text"].split("\n")[1] == line


def test_a_domain_beyond_ascii_has_its_encoded_form_on_hover():
    html = show("<https://xn--bcher-kva.example/a> https://xn--/b")
    assert '<a href="https://xn--bcher-kva.example/a" title="https://xn--bcher-kva.example/a">' in html
    assert ">https://bücher.example/a</a>" in html and " https://xn--/b</p>" in html


def to_slack(markdown: str) -> list[dict]:
    return [element for block in mrkdwn.rich_text_blocks(markdown) for element in block["elements"]]


def come_back(markdown: str) -> str:
    return mrkdwn.message_to_markdown({"blocks": mrkdwn.rich_text_blocks(markdown)})


def test_an_item_that_goes_on_behind_code_has_no_second_number():
    markdown = "1. one\n\n   ```\n   code\n   ```\n\n   more of one\n2. two\n"
    kinds = [(element["type"], element.get("offset", 0)) for element in to_slack(markdown)]
    assert kinds == [
        ("rich_text_list", 0),
        ("rich_text_preformatted", 0),
        ("rich_text_section", 0),
        ("rich_text_list", 1),
    ]
    text = text_writer.write_text(markdown_reader.read_markdown(come_back(markdown)))
    assert [line for line in text.split("\n") if line] == ["1. one", "   code", "   more of one", "2. two"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ([2026, 7], [2026, 7]),
        ([1, 2, 1, 2, 5], [1, 2, 1, 2, 5]),
        ([3, 2, 1], [3, 2, 1]),
        ([1, 2, 2, 3], [1, 2, 2, 3]),
        ([1, 1, 1], [1, 2, 3]),
        ([7, 7, 1, 1], [7, 8, 1, 2]),
    ],
)
def test_numbers_of_a_list_are_those_that_were_typed_unless_all_are_the_same(typed, shown):
    markdown = "\n".join(f"{number}. a" for number in typed)
    lines = [f"{number}. a" for number in shown]
    written = markdown_writer.write_markdown(markdown_reader.read_markdown(markdown))
    for text in (markdown, written, come_back(markdown)):
        found = text_writer.write_text(markdown_reader.read_markdown(text)).split("\n")
        assert [line for line in found if line] == lines


def test_a_list_that_begins_with_nought_keeps_its_numbers():
    assert [element["type"] for element in to_slack("0. zero\n1. one")] == ["rich_text_section"]
    shown = text_writer.write_text(markdown_reader.read_markdown(come_back("0. zero\n1. one")))
    assert shown.split("\n") == ["0. zero", "1. one"]


@pytest.mark.parametrize(
    "markdown",
    [
        "> > deep\n> > deeper",
        "> - one\n> - two\n>   - inner\n>\n> text",
        "> 3. three\n> 4. four\n>    - inner",
        "- item\n\n  > quoted\n- next",
        "123456789. a large number",
    ],
)
def test_quotes_and_lists_inside_a_quote_are_the_same_after_slack(markdown):
    assert show(come_back(markdown)) == show(markdown)


def test_a_line_typed_in_slack_stays_a_line():
    section = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": "> no quote\n• no list\n1. no number"}],
    }
    message = {"blocks": [{"type": "rich_text", "elements": [section]}]}
    assert show(mrkdwn.message_to_markdown(message)) == "<p>&gt; no quote<br>\n• no list<br>\n1. no number</p>\n"


def test_lines_pasted_in_slack_keep_their_indents_and_backslashes():
    texts = ["Trace:\n  File *a*\n\tx(1)\n\n", "curl <https://a.example/x> \\\n  -d 'y'"]
    lines = [mrkdwn.message_to_markdown({"text": text}) for text in texts]
    assert [markdown_rendering.markdown_to_text(text) for text in lines] == [
        "Trace:\n\u00a0\u00a0File a\n\u00a0\u00a0\u00a0\u00a0x(1)",
        "curl https://a.example/x \\\n\u00a0\u00a0-d 'y'",
    ]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("1. a\n2. b\n5. c\n9. d", "1. a\n2. b\n5. c\n9. d"),
        ("1. a\n1. b\n1. c", "1. a\n2. b\n3. c"),
        ("- x\n  7. a\n  10. b\n- y", "- x\n  7. a\n  10. b\n- y"),
        ("> 1. a\n>\n> 4. b\n>    - c", "> 1. a\n>\n> 4. b\n>\n>    - c"),
    ],
)
def test_numbers_that_jump_ahead_stay_in_every_rendering(markdown, text):
    assert text_writer.write_text(markdown_reader.read_markdown(markdown)) == text
    written = markdown_writer.write_markdown(markdown_reader.read_markdown(markdown))
    assert show(written) == show(markdown)
    shown = text_writer.write_text(markdown_reader.read_markdown(come_back(markdown)))
    assert shown.replace(">", "").split() == text.replace(">", "").split()
    assert show("1. a\n5. b") == '<ol>\n<li>a</li>\n</ol>\n<ol start="5">\n<li>b</li>\n</ol>\n'
