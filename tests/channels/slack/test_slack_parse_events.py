"""Edits, deletions, reactions and the life of channels are parsed to typed events."""

import pytest

from tests.channels.slack.event_samples import ROOT, TS, hear, said


def changed(message, previous, **more):
    return {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C1",
        "ts": "9.9",
        "hidden": True,
        "message": message,
        "previous_message": previous,
    } | more


def test_an_edit_carries_the_new_words_the_old_ones_and_its_time():
    [heard] = hear(changed(said(text="better", edited={"user": "U1", "ts": "1712345999.000000"}), said(text="bad")))
    assert (heard.kind, heard.external_id, heard.thread_id, heard.body) == ("edit", TS, ROOT, "better")
    assert (heard.edited_ts, heard.previous) == ("1712345999.000000", "bad")


def test_a_preview_of_a_link_is_no_edit_and_our_own_update_neither():
    assert hear(changed(said(attachments=[{"from_url": "https://x.example"}]), said())) == []
    assert hear(changed(said(text="new", app_id="A1"), said(text="old", app_id="A1"))) == []


def test_an_edit_can_turn_a_reply_into_a_note():
    [heard] = hear(changed(said(text="note: oh"), said(text="oh")))
    assert (heard.visibility, heard.body) == ("internal", "oh")


def test_a_deletion_and_a_tombstone_name_the_message():
    [gone] = hear(
        {
            "type": "message",
            "subtype": "message_deleted",
            "channel": "C1",
            "deleted_ts": TS,
            "previous_message": said(),
            "ts": "9.9",
        }
    )
    assert (gone.kind, gone.external_id, gone.author_id, gone.thread_id) == ("delete", TS, "U1", ROOT)
    [stone] = hear(changed(said(subtype="tombstone", text="This message was deleted.", user="USLACKBOT"), said()))
    assert (stone.kind, stone.external_id, stone.author_id) == ("delete", TS, "U1")


def test_somebody_deleting_our_card_is_distinguished():
    [gone] = hear(
        {
            "type": "message",
            "subtype": "message_deleted",
            "channel": "C1",
            "deleted_ts": TS,
            "previous_message": said(app_id="A1"),
        }
    )
    assert (gone.kind, gone.what, gone.author_id) == ("channel", "own_deleted", "")


def test_reactions():
    event = {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "eyes",
        "item_user": "UBOT",
        "item": {"type": "message", "channel": "C1", "ts": TS},
        "event_ts": "1712345999.1",
    }
    [heard] = hear(event)
    assert (heard.kind, heard.external_id, heard.channel_id, heard.author_id) == ("reaction", TS, "C1", "U1")
    assert (heard.name, heard.emoji, heard.added) == ("eyes", "👀", True)
    assert hear(event | {"type": "reaction_removed", "reaction": "+1::skin-tone-3"})[0].name == "+1"
    assert hear(event | {"user": "UBOT"}) == []
    assert hear(event | {"item": {"type": "file", "file": "F1"}}) == []


@pytest.mark.parametrize(
    ("event", "what", "channel"),
    [
        ({"type": "channel_archive", "channel": "C1", "user": "U1"}, "archived", "C1"),
        ({"type": "group_unarchive", "channel": "G1"}, "unarchived", "G1"),
        ({"type": "channel_rename", "channel": {"id": "C1", "name": "new"}}, "renamed", "C1"),
        ({"type": "member_joined_channel", "user": "U2", "channel": "C1"}, "joined", "C1"),
        ({"type": "member_joined_channel", "user": "UBOT", "channel": "C1"}, "added", "C1"),
        ({"type": "member_left_channel", "user": "UBOT", "channel": "C1"}, "removed", "C1"),
        ({"type": "channel_left", "channel": "C1"}, "removed", "C1"),
        ({"type": "channel_shared", "channel": "C1", "connected_team_id": "T2"}, "shared", "C1"),
        ({"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}, "uninstalled", ""),
        ({"type": "user_change", "user": {"id": "U7"}}, "profile", ""),
    ],
)
def test_the_life_of_channels(event, what, channel):
    [heard] = hear(event)
    assert (heard.kind, heard.what, heard.channel_id) == ("channel", what, channel)


def test_home_and_unheard_of_events():
    assert (
        hear({"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home", "event_ts": "1.1"})[0].kind
        == "home"
    )
    assert hear({"type": "app_mention", "user": "U1", "text": "x", "ts": TS, "channel": "C1"}) == []
    assert hear({"type": "team_domain_change"}) == []
