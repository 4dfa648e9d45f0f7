"""Rendered blocks stay within Slack's limits and hold the expected texts."""

import json

import pytest

from helpdesk.channels.slack.render import blocks
from helpdesk.domain.forms import field_types

LONG = "<&>äö " * 3000
ROW = blocks.ListRow(42, LONG, "Open", LONG, "https://p.example/tickets/42", LONG, waiting=LONG)


def card(**more):
    values = {
        "number": 42,
        "subject": "VPN is down",
        "organization": "Globex",
        "requester": "Dana Fields",
        "status": "open",
        "status_word": "Open",
        "priority": "high",
        "url": "https://p.example/tickets/42",
    }
    return blocks.card_message(blocks.CardValues(**values | more))


def action_ids(made) -> list[str]:
    return [element["action_id"] for block in made for element in block.get("elements", []) if "action_id" in element]


def test_a_card_says_everything_and_offers_what_fits_its_status():
    text, head, [bar] = card(excerpt="It **broke**.", answers=(("System", "VPN"),), assignee="Maya Lindqvist")
    shown = json.dumps([head, bar], ensure_ascii=False)
    for words in (
        "#42 VPN is down",
        "Globex",
        "Dana Fields",
        "broke",
        "System",
        "VPN",
        "● Open",
        "Maya Lindqvist",
        "High",
        "https://p.example/tickets/42",
    ):
        assert words in shown
    assert text == "#42 VPN is down (Globex, Open)"
    assert action_ids(bar["blocks"]) == ["take_it", "reply", "edit", "solve", "open_portal"]
    assert {element["value"] for element in bar["blocks"][-1]["elements"]} == {"42"}


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        ("solved", ["reply", "edit", "reopen", "open_portal"]),
        ("closed", ["edit", "open_portal"]),
        ("pending", ["take_it", "reply", "edit", "solve", "open_portal"]),
    ],
)
def test_buttons_follow_the_status(status, buttons):
    assert action_ids(card(status=status)[2][0]["blocks"]) == buttons


def test_each_status_has_a_colour_of_its_own():
    colours = {
        card(status=status)[2][0]["color"]
        for status in ("open", "in_progress", "pending", "on_hold", "solved", "closed")
    }
    assert len(colours) == 6


def test_where_outsiders_read_the_card_offers_only_the_link_and_no_inner_facts():
    _, _, [bar] = card(shared=True, assignee="Maya Lindqvist")
    assert action_ids(bar["blocks"]) == ["open_portal"]
    assert "Maya" not in json.dumps(bar)
    assert "High" not in json.dumps(bar)


@pytest.mark.parametrize("of_what", ["card", "reply", "note", "edit", "create", "list", "home", "promise", "notice"])
def test_however_much_is_said_slacks_limits_are_kept(of_what):
    many = tuple((f"v{n}", f"{n} {LONG}") for n in range(450))
    fields = tuple(
        blocks.ModalField(f"f{n}", LONG, widget, None, many[:5], True, LONG, input_format)
        for n, (widget, input_format) in enumerate(
            [*((each, "text") for each in blocks.WIDGETS), ("single_line", "email"), ("single_line", "url")] * 20
        )
    )
    made = {
        "card": lambda: card(
            subject=LONG,
            organization=LONG,
            requester=LONG,
            excerpt=LONG,
            answers=((LONG, LONG),) * 40,
            assignee=LONG,
            footer=LONG,
        ),
        "reply": lambda: blocks.reply_message(
            blocks.ReplyValues(
                LONG,
                blocks.split_body(LONG)[0],
                "https://x.example/p",
                organization="Globex",
                marker=LONG,
                attachments=(LONG,) * 30,
            )
        ),
        "note": lambda: blocks.note_message(LONG, blocks.split_body("**" + LONG)[1]),
        "edit": lambda: blocks.edit_modal(
            blocks.EditValues(42, "42", "open", (("open", LONG),), "low", (("low", LONG),), "v3", many, fields)
        ),
        "create": lambda: blocks.create_modal(
            blocks.CreateValues(many, many[:3], "v400", "v1", "a@b.example", LONG, LONG, fields, {"channel": "C1"})
        ),
        "list": lambda: blocks.ticket_list(LONG, (ROW,) * 60, 7, "https://p.example/desk", LONG),
        "home": lambda: blocks.home_view(
            blocks.HomeValues(LONG, "https://p.example/desk", (ROW,) * 60, (ROW,) * 60, 80, 90)
        ),
        "promise": lambda: blocks.pending_reply_notice(LONG, "42"),
        "notice": lambda: blocks.notice(LONG),
    }[of_what]()
    check_limits(json.loads(json.dumps(made)), max_items=100 if of_what in {"home", "edit", "create"} else 50)


def test_a_card_with_long_answers_keeps_its_link_and_its_buttons():
    answers = tuple((f"Question {n}", "y" * 1790) for n in range(8))
    values = blocks.CardValues(7, "S", "Globex", "Dana", "open", "Open", "low", "https://p.example/7", answers=answers)
    _, head, [below] = blocks.card_message(values)
    assert len(json.dumps(below)) < 12_000 and "take_it" in json.dumps(below) and "p.example/7" in json.dumps(head)
    assert "shortened here" in json.dumps(below)
    _, head, [below] = blocks.plain_card_message(values)
    assert "take_it" in json.dumps(below) and "p.example/7" in json.dumps(head)


def test_nobody_is_offered_first_and_chosen_where_nobody_has_it():
    values = blocks.EditValues(
        42, "t-42", "open", (("open", "Open"),), "low", (("low", "Low"),), None, (("7", "Maya"),)
    )
    element = blocks.edit_modal(values)["blocks"][1]["element"]
    assert element["initial_option"]["text"]["text"] == "Nobody"
    assert json.loads(blocks.edit_modal(values)["private_metadata"]) == {"reference": "t-42"}


def test_more_to_remember_than_slack_keeps_is_refused():
    with pytest.raises(ValueError, match="remembered"):
        blocks.create_modal(blocks.CreateValues((), (), origin={"x": "y" * 4000}))


def test_a_reply_stands_under_its_authors_name_and_a_note_says_so():
    reply = blocks.reply_message(
        blocks.ReplyValues("Dana Fields", "Still *down*", "https://p.example/dana.png", organization="Globex")
    )
    assert (reply["username"], reply["icon_url"]) == ("Dana Fields (Globex)", "https://p.example/dana.png")
    assert "icon_url" not in blocks.reply_message(blocks.ReplyValues("Dana", "x", "javascript:1"))
    note = blocks.note_message("Maya", "hush")
    assert note["text"].startswith("🔒 ")
    assert "Only the team" in json.dumps(note["blocks"])


def test_a_divided_code_block_is_closed_and_opened_again():
    parts = blocks.split_body("```py\n" + "x = 1\n" * 400 + "```\nend", 1000)
    assert len(parts) > 2
    assert all(part.count("```") == 2 for part in parts)
    assert parts[1].startswith(f"(2 of {len(parts)})\n\n```py\n")
    assert parts[-1].endswith("end")


def test_a_short_message_is_left_alone_and_an_empty_one_is_one_part():
    assert blocks.split_body("hello") == ["hello"]
    assert blocks.split_body("  ") == [""]


def check_limits(value, max_items):
    """Slack's documented limits, for everything in ``value``."""
    if isinstance(value, list):
        for each in value:
            check_limits(each, max_items)
        if (
            value
            and isinstance(value[0], dict)
            and value[0].get("type") in {"section", "context", "rich_text", "header"}
        ):
            assert len(value) <= max_items
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    if kind in {"mrkdwn", "plain_text"}:
        assert 1 <= len(value["text"]) <= 3000
    if kind == "modal":
        assert len(value["title"]["text"]) <= 24
        assert len(value["submit"]["text"]) <= 24
        assert len(value["private_metadata"]) <= 3000
    if kind in {"modal", "home"}:
        assert len(value["blocks"]) <= 100
    if kind == "button":
        assert len(value["text"]["text"]) <= 75
        assert len(value["action_id"]) <= 255
        assert len(value.get("value", "")) <= 2000
    if kind == "section" and "fields" in value:
        assert len(value["fields"]) <= 10
        assert all(len(field["text"]) <= 2000 for field in value["fields"])
    if kind == "context":
        assert 1 <= len(value["elements"]) <= 10
    if kind == "header":
        assert len(value["text"]["text"]) <= 150
    if kind == "input":
        assert len(value["label"]["text"]) <= 2000
        assert len(value["block_id"]) <= 255
    if kind in {"static_select", "multi_static_select", "checkboxes"}:
        options = value.get("options") or [option for group in value["option_groups"] for option in group["options"]]
        assert all(len(option["value"]) <= 150 and len(option["text"]["text"]) <= 75 for option in options)
        assert len(value.get("options", [])) <= (10 if kind == "checkboxes" else 100)
        assert len(value.get("option_groups", [])) <= 100
    if kind == "rich_text":
        assert len(json.dumps(value["elements"])) < 12_000
    if "username" in value:
        assert len(value["username"]) <= 80
        assert len(value["text"]) <= 40_000
    for each in value.values():
        check_limits(each, max_items)


def test_errors_answer_a_form_in_slacks_way():
    assert blocks.modal_errors({"subject": "Write a subject."}) == {
        "response_action": "errors",
        "errors": {"subject": "Write a subject."},
    }


def test_every_type_of_field_a_form_can_have_becomes_an_input_or_is_left_out():
    pick = ((1, "One"), (2, "Two"))
    fields = tuple(
        blocks.ModalField(each.name, each.name, each.widget, options=pick, input_format=each.input_format)
        for each in field_types.all_types()
    )
    view = blocks.edit_modal(
        blocks.EditValues(1, "1", "open", (("open", "Open"),), "low", (("low", "Low"),), fields=fields)
    )
    types = {block["block_id"].removeprefix("field-"): block["element"]["type"] for block in view["blocks"][4:]}
    assert types == {
        "short_text": "plain_text_input",
        "long_text": "plain_text_input",
        "number": "number_input",
        "date": "datepicker",
        "select": "static_select",
        "multi_select": "multi_static_select",
        "checkbox": "checkboxes",
        "person": "static_select",
        "url": "url_text_input",
    }
