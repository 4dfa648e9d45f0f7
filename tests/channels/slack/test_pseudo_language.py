"""Every sentence of a card, a message, a modal and a home page in Slack comes from the catalogue."""

from collections.abc import Iterator

import pytest

from helpdesk.channels.slack.render import blocks
from helpdesk.channels.slack.render.blocks import elements
from helpdesk.models.form import Widget
from tests import pseudo_language

URL = "https://p.example/tickets/42"
DATA = ("Umbra", "Dana", "Vpn down", "It broke", "System", "Laptop", "Waiting", "Opened", "soon", "General", "Portal")
SHOWN_KEYS = ("text", "alt_text", "title", "submit", "close", "label", "hint", "placeholder", "username")


def list_texts(value: object) -> Iterator[str]:
    """The texts of a message or view that people see."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in SHOWN_KEYS and isinstance(part, str):
                yield part
            elif not isinstance(part, str):
                yield from list_texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from list_texts(part)
    elif isinstance(value, str):
        yield value


def row(**more) -> blocks.ListRow:
    return blocks.ListRow(42, "Vpn down", "Opened", "Umbra", URL, **{"assignee": None, "waiting": "Waiting"} | more)


def make_all() -> dict[str, object]:
    card = {
        "number": 42,
        "subject": "Vpn down",
        "organization": "Umbra",
        "requester": "Dana",
        "status_word": "Opened",
        "url": URL,
        "excerpt": "It broke. " * 90,
        "answers": tuple(("System", "12345 " * 90) for _ in range(20)),
    }
    field = blocks.ModalField("field-a", "System", Widget.single_line, "Laptop", required=False)
    edit = {
        "number": 42,
        "reference": "42",
        "status": "open",
        "statuses": (("open", "Opened"),),
        "assignee": None,
        "assignees": (("1", "Dana"),),
        "priority": "low",
        "priorities": (("low", "General"),),
        "fields": (field,),
        "web_fields": ("System", "Laptop"),
        "url": URL,
    }
    return {
        "card": blocks.card_message(blocks.CardValues(**card, status="open", priority="high")),
        "card of a solved ticket": blocks.card_message(blocks.CardValues(**card, status="solved", priority="low")),
        "reply": blocks.reply_message(blocks.ReplyValues("Dana", "It broke", attachments=("Laptop",), edited=True)),
        "note": blocks.note_message("Dana", "It broke"),
        "pending": blocks.pending_reply_notice("It broke", "1"),
        "offer": blocks.file_offer("1"),
        "agents only": [blocks.agents_only_notice(), blocks.agents_only_notice("Portal")],
        "help": blocks.help_text(),
        "list": blocks.ticket_list("Waiting", tuple(row() for _ in range(25)), 3, URL),
        "home": blocks.home_view(
            blocks.HomeValues("Dana", URL, mine=tuple(row() for _ in range(25)), mine_total=90, unassigned=())
        ),
        "edit": blocks.edit_modal(blocks.EditValues(**edit)),
        "create": blocks.create_modal(
            blocks.CreateValues(
                (("1", "Umbra"),), (("1", "General"),), fields=(field,), web_fields=("System",), url=URL
            )
        ),
        "answer": blocks.reply_modal(blocks.ReplyModalValues(42, "Dana", (("1", "Laptop"),), (("open", "Opened"),))),
        "nothing to choose": elements.plain_text("", 10),
    }


@pytest.mark.parametrize("name", make_all())
def test_nothing_in_slack_is_english_in_another_language(name):
    with pseudo_language.use_pseudo_language():
        texts = [text for text in list_texts(make_all()[name]) if not text.startswith(("https://", "`/ticket"))]
    command = "`note:`", "`reply:`", "/ticket", URL
    assert not pseudo_language.find_english(texts, (*DATA, *command))


def test_what_is_not_translated_is_found():
    assert pseudo_language.find_english(["⟦Filed as⟧ Vpn down. Answers come"], DATA)
    assert not pseudo_language.find_english(["⟦%s assigned ⟦low⟧⟧ Vpn down 12"], DATA)
