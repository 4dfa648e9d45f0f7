"""The workspace's signed requests are received and answered."""

import pytest

from helpdesk.channels import slack
from helpdesk.channels.slack.api.requests import response_url_request, web_api_request
from helpdesk.channels.slack.render import blocks
from helpdesk.demo import personas

C, MAYA = personas.TRIAGE_CHANNEL_ID, "U0MAYA00001"


@pytest.fixture
def card(lively):
    """A ticket's card in triage: (workspace, client, its ts)."""
    workspace, client = lively
    text, head, bars = blocks.card_message(
        blocks.CardValues(7, "VPN", "Globex", "Dana", "open", "Open", "low", "http://127.0.0.1:5000/tickets/7")
    )
    sent = slack.send(
        web_api_request("chat.postMessage", {"channel": C, "text": text, "blocks": head, "attachments": bars}, "k"),
        client,
    )
    return workspace, client, sent.external_id


def test_typing_changing_and_deleting(card, endpoints):
    workspace, _, root = card
    ts = workspace.say(MAYA, C, "note: *look* <@U0MAYA00001> :eyes:", thread_ts=root)
    heard = endpoints.next("message")
    assert (heard.external_id, heard.thread_id, heard.channel_id, heard.author_id) == (ts, root, C, MAYA)
    assert (heard.visibility, heard.body) == ("internal", "**look** @Maya Lindqvist 👀")
    assert heard.team_id == personas.TEAM_ID
    workspace.edit(MAYA, C, ts, "reply: done")
    edit = endpoints.next("edit")
    assert (edit.external_id, edit.body, edit.visibility, edit.previous) == (
        ts,
        "done",
        "public",
        "**look** @Maya Lindqvist 👀",
    )
    workspace.delete(MAYA, C, ts)
    assert endpoints.next("delete").external_id == ts
    workspace.settle(60)
    assert [each for each in endpoints.heard if each.kind in {"message", "edit", "delete"}] == []


def test_what_we_post_change_and_delete_ourselves_is_not_heard(card, endpoints):
    workspace, client, root = card
    sent = slack.send(
        web_api_request("chat.postMessage", {"channel": C, "thread_ts": root, **blocks.event_line("x")}, "k2"), client
    )
    slack.send(
        web_api_request("chat.update", {"channel": C, "ts": sent.external_id, **blocks.event_line("y")}, "k3"), client
    )
    slack.send(web_api_request("reactions.add", {"channel": C, "timestamp": root, "name": "lock"}, "k4"), client)
    workspace.settle(60)
    assert endpoints.heard == []


def test_a_file_is_heard_and_fetched(card, endpoints):
    from helpdesk.channels.slack.api import file_downloads

    workspace, client, root = card
    workspace.say(MAYA, C, "the log", thread_ts=root, files=[("log.txt", b"hello", "text/plain")])
    heard = endpoints.next("message")
    [file] = heard.files
    assert (heard.body, file.name, file.media_type, file.size) == ("the log", "log.txt", "text/plain", 5)
    assert file_downloads.download_file(file.external_id, client).data == b"hello"


def test_an_external_user_in_a_shared_channel_is_known_as_one(lively, endpoints):
    workspace, client = lively
    workspace.say("U0INES00001", "C0UMBRALABS", "hello", files=[("a.txt", b"abc", "text/plain")])
    heard = endpoints.next("message")
    assert heard.user_team != personas.TEAM_ID == heard.team_id
    ourselves = slack.directory.get_bot_identity(client)
    assert not slack.directory.is_full_member(slack.directory.get_profile("U0INES00001", client), ourselves)
    assert slack.directory.is_full_member(slack.directory.get_profile(MAYA, client), ourselves)


def test_reactions_come_and_go(card, endpoints):
    workspace, _, root = card
    workspace.react(MAYA, C, root, "eyes")
    workspace.unreact(MAYA, C, root, "eyes")
    assert [
        (each.external_id, each.name, each.added) for each in (endpoints.next("reaction"), endpoints.next("reaction"))
    ] == [
        (root, "eyes", True),
        (root, "eyes", False),
    ]


def test_a_button_opens_a_form_and_the_form_comes_back(card, endpoints):
    workspace, client, root = card
    workspace.press(MAYA, C, root, "edit")
    pressed = endpoints.next("action")
    assert (pressed.action_id, pressed.value, pressed.external_id, pressed.author_id) == (
        "edit",
        "7",
        root,
        MAYA,
    )
    pick = (("a", "A"), ("b", "B"))
    widgets = {
        "short_text": "single_line",
        "long_text": "multi_line",
        "number": "number",
        "date": "date",
        "select": "single_choice",
        "multi_select": "multi_choice",
        "checkbox": "checkbox",
        "email": "single_line",
        "url": "single_line",
    }
    fields = tuple(
        blocks.ModalField(
            name,
            name,
            widget,
            options=pick if name in {"select", "multi_select", "checkbox"} else (),
            help="Why",
            input_format=name if name in {"email", "url"} else "text",
        )
        for name, widget in widgets.items()
    )
    values = blocks.EditValues(
        7, "7", "open", (("open", "Open"), ("solved", "Solved")), "low", (("low", "Low"),), None, pick, fields=fields
    )
    sent = slack.send(
        web_api_request("views.open", {"trigger_id": pressed.trigger_id, "view": blocks.edit_modal(values)}, "k"),
        client,
    )
    endpoints.answers["view_submission"] = blocks.modal_errors({"field-email": "Write an address."})
    workspace.submit(
        MAYA,
        {
            "status": {"value": "solved"},
            "field-short_text": {"value": "gw-1"},
            "field-multi_select": {"value": ["a", "b"]},
        },
    )
    form = endpoints.next("modal")
    assert (form.external_id, form.callback_id, form.private) == (
        sent.external_id,
        "edit_ticket",
        {"reference": "7"},
    )
    got = form.values
    assert (
        got["status"],
        got["assignee"],
        got["priority"],
        got["field-short_text"],
        got["field-multi_select"],
    ) == ("solved", "", "low", "gw-1", ["a", "b"])
    assert workspace.modal(MAYA) is not None


def test_a_shortcut_makes_the_form_for_a_new_ticket(lively, endpoints):
    workspace, client = lively
    ts = workspace.say("U0ELLEN0001", C, "it *broke*")
    workspace.shortcut(MAYA, C, ts, "create_ticket")
    used = endpoints.next("shortcut")
    assert (used.external_id, used.body, used.author_id, used.message_author) == (
        ts,
        "it **broke**",
        MAYA,
        "U0ELLEN0001",
    )
    pick = (("globex", "Globex"), ("initech", "Initech"))
    view = blocks.create_modal(
        blocks.CreateValues(
            pick,
            (("default", "Default"), ("incident", "Incident")),
            body=used.body,
            origin={"channel": C, "ts": ts},
        )
    )
    slack.send(web_api_request("views.open", {"trigger_id": used.trigger_id, "view": view}, "k"), client)
    assert workspace.modal(MAYA)["callback_id"] == "create_ticket"
    workspace.submit(
        MAYA,
        {
            "organization": {"value": "globex"},
            "form": {"choose_form": "incident"},
            "subject": {"value": "It broke"},
        },
    )
    form = endpoints.next("modal")
    assert form.private == {"channel": C, "ts": ts}
    assert {name: form.values[name] for name in ("organization", "form", "subject", "body")} == {
        "organization": "globex",
        "form": "incident",
        "subject": "It broke",
        "body": "it **broke**",
    }


def test_the_command_and_an_answer_to_it(lively, endpoints):
    workspace, client = lively
    assert workspace.command(MAYA, C, "/ticket", "search vpn & dns")[0] == 200
    heard = endpoints.next("command")
    assert (heard.verb, heard.rest, heard.author_id, heard.channel_id) == (
        "search",
        "vpn & dns",
        MAYA,
        C,
    )
    text, made = blocks.ticket_list(
        "Found", (blocks.ListRow(7, "VPN", "Open", "Globex", "http://127.0.0.1:5000/tickets/7"),)
    )
    slack.send(response_url_request(heard.response_url, text=text, blocks=made), client)
    assert any("Found" in each["text"] for each in workspace.ephemerals(user=MAYA))


def test_make_internal_is_pressed_on_what_only_one_sees(card, endpoints):
    workspace, client, root = card
    sent = slack.send(
        web_api_request(
            "chat.postEphemeral",
            {"channel": C, "user": MAYA, "thread_ts": root, **blocks.pending_reply_notice("Goes to Dana.", "m-9")},
            "k",
        ),
        client,
    )
    workspace.press(MAYA, C, sent.external_id, "make_internal")
    pressed = endpoints.next("action")
    assert (pressed.action_id, pressed.value, pressed.container) == (
        "make_internal",
        "m-9",
        "ephemeral",
    )
    slack.send(
        response_url_request(pressed.response_url, replace_original=True, **blocks.notice("Now a note.")),
        client,
    )
    assert any("Now a note." in each["text"] for each in workspace.ephemerals(user=MAYA))


def test_the_home_page_is_asked_for(lively, endpoints):
    lively[0].home(MAYA)
    assert endpoints.next("home").author_id == MAYA


def test_a_channel_is_archived_and_the_bot_thrown_out(lively, endpoints):
    workspace, _ = lively
    workspace.archive("C0GLOBEX001")
    assert (endpoints.next("channel").what) == "archived"
    workspace.kick("C0INITECH01", personas.BOT_USER_ID)
    assert "removed" in {each.what for each in (endpoints.next("channel"),)}
