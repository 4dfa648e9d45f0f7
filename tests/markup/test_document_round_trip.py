"""Whatever document is written as Markdown is read as the same words with the same styles."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpdesk.markup import document, markdown_reader, markdown_rendering, markdown_writer, text_writer
from helpdesk.markup.document import BOLD, CODE, ITALIC, STRIKE, CodeBlock, ListBlock, Paragraph, Quote, Span, Table

TEXT = st.text(
    st.sampled_from("ab cd1_*~`[]()<>&\\#+-.!|:/\"'=^{}0$%@,;?é「」。を日한"), min_size=1, max_size=12
) | st.sampled_from(
    [
        "1. x",
        "- y",
        "> z",
        "&lt;",
        "<b>",
        "https://a.example/x_y",
        "https://a.example/x。y",
        "[a]: b",
        "---",
        "C:\\",
        "  ",
        "~~~",
    ]
)
STYLES = st.sampled_from([0, 0, 0, BOLD, ITALIC, STRIKE, BOLD | ITALIC, BOLD | STRIKE])


def make_span(text: str, style: int, url: str = "") -> Span:
    return Span(text, style, url)


SPANS = st.lists(st.builds(make_span, TEXT, STYLES), min_size=1, max_size=6)
CODE_SPANS = st.builds(
    make_span, st.text(st.sampled_from("ab `*_<\\"), min_size=1, max_size=6).map(str.strip), st.just(CODE)
)
LINKS = st.builds(
    make_span, st.sampled_from(["here", "a b", "[x]", "a*b"]), STYLES, st.just("https://a.example/(x)_y?q=1&r")
)
PARAGRAPHS = st.builds(Paragraph, SPANS | st.lists(st.builds(make_span, TEXT, STYLES) | CODE_SPANS | LINKS, max_size=4))
CODE_BLOCKS = st.builds(CodeBlock, st.text(st.sampled_from("ab `~\n>-"), min_size=1, max_size=20), st.just("py"))
TABLES = st.integers(1, 3).flatmap(
    lambda width: st.builds(Table, st.lists(st.lists(SPANS, min_size=width, max_size=width), min_size=1, max_size=3))
)
BLOCKS = st.recursive(
    PARAGRAPHS | CODE_BLOCKS,
    lambda inner: (
        st.builds(Quote, st.lists(inner, min_size=1, max_size=3))
        | st.builds(
            ListBlock,
            st.lists(st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=3),
            st.none() | st.integers(0, 2000),
            st.booleans(),
        )
    ),
    max_leaves=6,
)
DOCUMENTS = st.lists(BLOCKS | TABLES, max_size=4)


def signs(blocks) -> list[tuple[str, int, str]]:
    """Every visible sign of ``blocks`` with its style and link, in order."""
    found = []
    for block in blocks:
        match block:
            case document.Paragraph(spans) | document.Heading(_, spans):
                found += [
                    (sign, span.style if span.style & CODE == 0 else CODE, "" if span.bare else span.url)
                    for span in spans
                    for sign in span.text
                    if not sign.isspace()
                ]
            case document.CodeBlock(text):
                found += [(sign, CODE, "block") for sign in text if not sign.isspace()]
            case document.Quote(inner):
                found += signs(inner)
            case document.ListBlock(items, start):
                for number, item in enumerate(items, start or 0):
                    found += [("•" if start is None else f"{number}.", 0, ""), *signs(item)]
            case document.Table(rows):
                for row in rows:
                    for cell in row:
                        found += signs([document.Paragraph(cell)])
    return found


@settings(max_examples=400, deadline=None, derandomize=True)
@given(DOCUMENTS)
@example([Paragraph([Span("a"), Span("(b)", ITALIC), Span("c")])])
@example([Paragraph([Span("Hi ", BOLD), Span("@Dana", BOLD), Span(", look", BOLD)])])
@example([ListBlock([[Paragraph([Span("a")])]], 7), ListBlock([[Paragraph([Span("b")])]], 1)])
def test_a_document_is_read_as_it_was_written(blocks):
    text = markdown_writer.write_markdown(blocks)
    assert [sign[0] for sign in signs(markdown_reader.read_markdown(text))] == [sign[0] for sign in signs(blocks)]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(SPANS)
@example([Span("a", BOLD), Span("b", ITALIC), Span("c", STRIKE), Span("d", BOLD | ITALIC), Span("e", BOLD)])
@example([Span("「保存」", BOLD), Span("を"), Span("(x)", ITALIC), Span("y")])
@example([Span("C:\\"), Span("Temp", BOLD)])
def test_a_style_is_never_put_where_it_was_not(spans):
    text = markdown_writer.write_markdown([Paragraph(spans)])
    read, written = signs(markdown_reader.read_markdown(text)), signs([Paragraph(spans)])
    assert [sign for sign, _, _ in read] == [sign for sign, _, _ in written]
    assert all(style & ~given == 0 for (_, style, _), (_, given, _) in zip(read, written, strict=True))


@pytest.mark.parametrize("second", [BOLD, ITALIC, STRIKE, BOLD | ITALIC, BOLD | STRIKE, ITALIC | STRIKE])
@pytest.mark.parametrize("first", [0, BOLD, ITALIC, STRIKE, BOLD | ITALIC, BOLD | STRIKE, ITALIC | STRIKE])
@pytest.mark.parametrize(
    "words",
    [
        ("Hi ", "@Dana", ", please look"),
        ("ab", "c", "d"),
        ("C:\\", "Temp", "x"),
        ("これ", "「保存」", "を"),
        ("a", "(b)", "c"),
    ],
)
def test_two_styles_side_by_side_stay_as_they_are(words, first, second):
    for styles in ((first, second, first), (first, second, 0), (first, first, second), (second, first, second)):
        spans = [Span(text, style) for text, style in zip(words, styles, strict=True)]
        read = signs(markdown_reader.read_markdown(markdown_writer.write_markdown([Paragraph(spans)])))
        assert read == signs([Paragraph(spans)])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=200) | DOCUMENTS.map(markdown_writer.write_markdown))
def test_any_text_can_be_rendered_and_its_words_are_in_the_plain_text(text):
    html = markdown_rendering.markdown_to_html(text)
    assert "<script" not in html
    plain = text_writer.write_text(markdown_reader.read_markdown(text))
    for word in signs(markdown_reader.read_markdown(text)):
        assert word[0] in plain or word[0] == "•"
