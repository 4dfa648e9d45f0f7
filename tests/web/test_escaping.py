"""What a page prints is escaped as markupsafe has it, whatever kind of thing it is."""

import pytest
from jinja2 import Undefined
from markupsafe import Markup, escape

from helpdesk.models.user import Role


class Speaking:
    """An object that renders itself as HTML."""

    def __html__(self) -> str:
        return "<b>me</b>"


class Shouting(str):
    """A text of another class."""


VALUES = [
    "",
    "plain",
    "a & b",
    "<script>",
    "1 > 0",
    'say "so"',
    "it's",
    "Grüße & <b>",
    Markup("<b>safe</b>"),
    0,
    -7,
    3.5,
    True,
    None,
    Role.agent,
    Shouting("<i>"),
    Speaking(),
    Undefined(name="nothing"),
    ["<"],
    b"<",
]
NAMES = [f"{number} {type(value).__name__}" for number, value in enumerate(VALUES)]


@pytest.mark.parametrize("value", VALUES, ids=NAMES)
def test_pages_of_the_application_print_it_so(app, value):
    source = "{{ it }}{% set kept %}{{ it }}{% endset %}{{ kept }}{% macro say(x) %}{{ x }}{% endmacro %}{{ say(it) }}"
    assert app.jinja_env.from_string(source).render(it=value) == 3 * str(escape(value))


def test_what_is_marked_safe_stays_and_nothing_else(app):
    page = app.jinja_env.from_string(
        "{{ it|safe }} {{ it }} {{ it ~ it|safe }} {% autoescape false %}{{ it }}{% endautoescape %}"
    )
    assert page.render(it="<i>") == "<i> &lt;i&gt; &lt;i&gt;<i> <i>"
