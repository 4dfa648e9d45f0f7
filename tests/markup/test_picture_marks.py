"""Pictures in a text: the mark that every channel shows, and the picture in its place."""

import pytest

from helpdesk.markup import markdown_rendering, picture_marks

PICTURE = '<img src="/files/k" alt="">'


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("See ![shot.png](attachment:shot.png) here", "See (picture: shot.png) here"),
        ("![](attachment:my%20shot.png)", "(picture: my shot.png)"),
        ("![The *red* box](attachment:a.png)", "The red box (picture: a.png)"),
        ("**![a.png](attachment:a.png)**", "(picture: a.png)"),
        ("[see ![a.png](attachment:a.png)](https://a.example)", "see (picture: a.png)"),
        ("![x](attachment:)", "x (attachment:)"),
        ("![p](https://a.example/b.png)", "p"),
    ],
)
def test_a_picture_of_the_message_is_its_name_as_text(markdown, text):
    assert markdown_rendering.markdown_to_text(markdown) == text


def test_what_the_composer_writes_is_read_back():
    for name in ("shot.png", "zwölf 12.png", "a-2.jpg", "x_y.png", "%41.png"):
        html = markdown_rendering.markdown_to_html(picture_marks.write_markdown(name))
        assert picture_marks.show_pictures(html, {name: PICTURE}) == f"<p>{PICTURE}</p>\n"
        assert picture_marks.find_placed(html, [name, "other.png"]) == {name}


@pytest.mark.parametrize("markdown", ["`(picture: a.png)`", "```\n(picture: a.png)\n```",
                                      "[(picture: a.png)](https://a.example)", "(picture: b.png)"])  # fmt: skip
def test_code_links_and_other_names_stay_text(markdown):
    html = markdown_rendering.markdown_to_html(markdown)
    assert picture_marks.show_pictures(html, {"a.png": PICTURE}) == html


def test_a_name_is_no_html_and_each_picture_is_shown_once():
    html = markdown_rendering.markdown_to_html("![](attachment:%3Cscript%3Ealert%281%29%3C/script%3E)")
    assert "<script" not in html
    twice = markdown_rendering.markdown_to_html("(picture: a.png) (picture: a.png)")
    assert picture_marks.show_pictures(twice, {"a.png": PICTURE}).count("<img") == 1
