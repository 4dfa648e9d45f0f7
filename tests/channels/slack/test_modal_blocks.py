"""Modals offer any number of choices, take answers of any length, and stay within the limits of Slack."""

import json

import pytest

from helpdesk.channels.slack.render import blocks
from helpdesk.models.form import Widget
from tests.channels.slack.test_blocks import check_limits

MANY = tuple((f"v{n}", f"Organization {n:03}") for n in range(250))


def test_a_choice_among_hundreds_is_found_by_typing_with_the_chosen_one_kept():
    view = blocks.create_modal(blocks.CreateValues(MANY, (("default", "Default"),), organization="v201"))
    element = view["blocks"][0]["element"]
    assert element["type"] == "external_select" and "options" not in element
    assert element["initial_option"]["text"]["text"] == "Organization 201"


@pytest.mark.parametrize(
    ("typed", "first", "count"), [("", "v0", 100), ("organization 24", "v240", 10), ("24", "v24x", 14), ("no", "", 0)]
)
def test_what_is_typed_finds_at_most_a_hundred(typed, first, count):
    options = blocks.suggestions((*MANY, ("v24x", "24 first")), typed)["options"]
    found = [each["value"] for each in options]
    assert (len(found), (found or [""])[0]) == (count, first)


@pytest.mark.parametrize("length", [74, 75, 76, 150, 151, 200])
@pytest.mark.parametrize("widget", [Widget.single_choice, Widget.multi_choice, Widget.checkbox])
def test_an_option_of_any_length_is_offered_chosen_and_understood(length, widget):
    value = "🔥" + "x" * (length - 9) + " the end"
    field = blocks.ModalField("oven", "Oven", widget, value=[value], options=((value, value), ("b", "b")))
    [made] = blocks.edit_modal(edit_values(fields=(field,)))["blocks"][4:]
    check_limits(made, 100)
    element = made["element"]
    chosen = element.get("initial_option") or element["initial_options"][0]
    assert chosen in element["options"] and chosen["text"]["text"].endswith("the end")
    assert blocks.original_value(chosen["value"], field.options) == value


def edit_values(**values):
    return blocks.EditValues(1, "1", "open", (("open", "Open"),), "low", (("low", "Low"),), **values)


def test_an_answer_longer_than_an_input_is_not_cut_but_changed_on_the_web():
    fits, long = (
        blocks.ModalField(key, key, Widget.multi_line, "x" * size) for key, size in (("a", 3000), ("b", 3001))
    )
    made = blocks.fit_fields((fits, long), 10)
    assert made == ((fits,), (long,))
    view = blocks.edit_modal(edit_values(fields=made[0], web_fields=("Log",), url="https://p.example/tickets/1"))
    assert view["blocks"][4]["element"]["initial_value"] == "x" * 3000
    assert "“Log” is changed on the web" in str(view["blocks"][5])


def test_a_form_of_any_size_fits_a_view():
    fields = tuple(blocks.ModalField(f"k{n}", f"Field {n}", Widget.multi_line, "ö" * 2900) for n in range(150))
    shown, left_out = blocks.fit_fields(fields, 90)
    assert len(shown) + len(left_out) == 150
    assert len(json.dumps(blocks.edit_modal(edit_values(fields=shown)), ensure_ascii=False).encode()) < 250_000


@pytest.mark.parametrize(
    "text",
    ["short", "line\n" * 2000, "x" * 9263, "🔥" * 4000, "a\n\n" + "b" * 5999 + "\n", "\n".join(["y" * 2999] * 4)],
)
def test_a_body_of_any_length_is_asked_in_parts_and_comes_back_whole(text):
    view = blocks.create_modal(blocks.CreateValues((("1", "One"),), (), body=text))
    parts = [each for each in view["blocks"] if each["block_id"].startswith("body")]
    assert all(len(each["element"].get("initial_value", "").encode("utf-16-le")) <= 6000 for each in parts)
    typed = {each["block_id"]: each["element"].get("initial_value", "") for each in parts}
    assert blocks.body_from_values(typed, json.loads(view["private_metadata"]).get("glue")) == text
