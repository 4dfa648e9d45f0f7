"""Every payload of Slack is parsed into one of our events, or into none."""

from datetime import UTC, datetime

import pytest

from helpdesk.channels import slack
from helpdesk.channels.slack.parse import events, payload_parser
from helpdesk.domain.inbox.channel_event import RemoteFile

TS, ROOT = "1712345678.000200", "1712345600.000100"
NAMES = {"U1": "Maya"}.get


def envelope(event, **more):
    return {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": "T1",
        "api_app_id": "A1",
        "event": event,
        "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
        "is_ext_shared_channel": False,
    } | more


def said(**more):
    return {
        "type": "message",
        "channel": "C1",
        "user": "U1",
        "ts": TS,
        "thread_ts": ROOT,
        "text": "hello",
        "team": "T1",
    } | more


def hear(event, **more):
    return slack.parse_payload(envelope(event, **more), names=NAMES)


def test_a_reply_in_a_thread():
    [heard] = hear(said(text="*Hi* <@U1>"))
    assert (heard.kind, heard.channel_id, heard.thread_id, heard.external_id, heard.author_id) == (
        "message",
        "C1",
        ROOT,
        TS,
        "U1",
    )
    assert heard.body == "**Hi** @Maya"
    assert heard.when == datetime.fromtimestamp(1712345678.0002, UTC)
    assert heard.team_id == "T1"
    assert heard.event_id == "Ev1"
    assert heard.visibility is None
    assert heard.is_bot is False


def test_a_root_has_no_thread_above_it():
    assert hear(said(thread_ts=TS))[0].thread_id is None
    assert hear(said(thread_ts=None))[0].thread_id is None


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_these_subtypes_are_words_of_people(subtype):
    assert hear(said(subtype=subtype))[0].kind == "message"


@pytest.mark.parametrize(
    "subtype",
    [
        "channel_join",
        "channel_topic",
        "bot_message",
        "reminder_add",
        "ekm_access_denied",
        "huddle_thread",
        "anything_new",
    ],
)
def test_other_subtypes_are_nothing_for_us(subtype):
    assert hear(said(subtype=subtype)) == []


@pytest.mark.parametrize(
    "mark",
    [
        {"app_id": "A1"},
        {"bot_profile": {"app_id": "A1"}},
        {"user": "UBOT"},
        {"user": "USLACKBOT"},
        {"metadata": {"event_type": "helpdesk_delivery", "event_payload": {"delivery": "k"}}},
        {"subtype": "thread_broadcast", "root": {"ts": TS, "app_id": "A1"}},
        {"hidden": True},
    ],
)
def test_our_own_posts_and_slackbots_are_never_heard(mark):
    assert hear(said(**mark)) == []


def test_a_reply_under_our_own_root_is_heard():
    assert hear(said(subtype="thread_broadcast", root={"ts": ROOT, "app_id": "A1"}))[0].author_id == "U1"


def test_other_bots_and_external_users_are_marked_for_the_domain_to_judge():
    [bot] = hear(said(bot_id="B9", app_id="A9"))
    assert bot.is_bot
    [external] = hear(said(user_team="T9", source_team="T9"), is_ext_shared_channel=True)
    assert (external.user_team, external.is_ext_shared) == ("T9", True)


def test_files_come_along_and_those_kept_elsewhere_are_linked():
    [heard] = hear(
        said(
            subtype="file_share",
            files=[
                {"id": "F1", "name": "log.txt", "mimetype": "text/plain", "size": 5},
                {"id": "F2", "mode": "tombstone"},
                {"id": "F3", "file_access": "check_file_info"},
                {"id": "F4", "is_external": True, "title": "Plan", "url_private": "https://docs.example/x"},
            ],
        )
    )
    assert heard.files == (
        RemoteFile("F1", "log.txt", "text/plain", 5),
        RemoteFile("F3", "file", "application/octet-stream", 0),
    )
    assert heard.body == "hello\n\n[Plan](https://docs.example/x)"


def test_a_forwarded_message_is_quoted():
    [heard] = hear(
        said(
            text="",
            attachments=[{"is_share": True, "author_name": "Dana", "text": "it &lt;broke&gt;\nagain"}],
        )
    )
    assert heard.body == "> Dana:\n> it <broke>\n> again"


@pytest.mark.parametrize(
    ("typed", "forwarded", "mark"),
    [
        ("see this", "note: they never paid", "internal"),
        ("", "🔒 they never paid", "internal"),
        ("reply: see this", "note: they never paid", "public"),
        ("see this", "it broke", None),
    ],
)
def test_what_forwards_a_note_is_a_note(typed, forwarded, mark):
    """Ours begin with a lock in Slack; the customer would read what the team wrote for itself."""
    [heard] = hear(said(text=typed, attachments=[{"is_share": True, "author_name": "Jonas", "text": forwarded}]))
    assert heard.visibility == mark and forwarded.split(": ")[-1].strip("🔒 ") in heard.body


@pytest.mark.parametrize(
    ("typed", "visibility_", "body"),
    [
        ("note: check the log", "internal", "check the log"),
        ("NOTE : x", "internal", "x"),
        ("Note：x", "internal", "x"),
        ("🔒 quiet", "internal", "quiet"),
        (":lock: quiet", "internal", "quiet"),
        (":lock:quiet", "internal", "quiet"),
        ("  note:\nbelow", "internal", "below"),
        ("*note:* bold mark", "internal", "bold mark"),
        ("*note: all bold*", "internal", "**all bold**"),
        ("&gt; note: quoted", "internal", "> quoted"),
        ("🔐 x", "internal", "x"),
        ("`note:` x", "internal", "x"),
        ("reply: hello", "public", "hello"),
        ("Reply:hello", "public", "hello"),
        ("noted: fine", None, "noted: fine"),
        ("a note: no", None, "a note: no"),
        ("notes: x", "internal", "x"),
        ("Note - x", "internal", "x"),
        ("note – x", "internal", "x"),
        ("NOTE — x", "internal", "x"),
        ("note--x", "internal", "x"),
        ("note; x", "internal", "x"),
        ("[note] x", "internal", "x"),
        ("[Note]: x", "internal", "x"),
        ("(internal) x", "internal", "x"),
        ("&lt;note&gt; x", "internal", "x"),
        ("*[note]* x", "internal", "x"),
        ("private: x", "internal", "x"),
        ("Internal: x", "internal", "x"),
        ("internal note: x", "internal", "x"),
        ("Internal-note: x", "internal", "x"),
        ("Team only: x", "internal", "x"),
        ("Note to self: x", "internal", "x"),
        ("notes for the team: x", "internal", "x"),
        ("\u200bnote: x", "internal", "x"),
        ("\ufeffnote: x", "internal", "x"),
        ("n\u200bote\u200d: x", "internal", "x"),
        ("\u2060\u00a0 🔒 x", "internal", "x"),
        ("\u200b[note] x", "internal", "x"),
        ("ｎｏｔｅ： x", "internal", "x"),
        ("• note: x", "internal", "- x"),
        ("\u200breply: x", "public", "x"),
        ("Interne Notiz: x", "internal", "x"),
        ("intern - x", "internal", "x"),
        ("[privat] x", "internal", "x"),
        ("Note interne : x", "internal", "x"),
        ("nota: x", "internal", "x"),
        ("*Nota interna:* x", "internal", "x"),
        ("privado: x", "internal", "x"),
        ("interne notitie: x", "internal", "x"),
        ("wewnętrzne: x", "internal", "x"),
        ("社内メモ：x", "internal", "x"),
        ("【内部】x", "internal", "x"),
        ("ملاحظة داخلية: x", "internal", "x"),
        ("внутреннее: x", "internal", "x"),
        ("For internal use only: x", "internal", "x"),
        ("not for the customer: x", "internal", "x"),
        ("note @Maya: x", "internal", "x"),
        ("Notes for @Maya Lind and @Ada: x", "internal", "x"),
        ("internal note for Maya: x", "internal", "x"),
        ("team message to everybody here: x", "internal", "x"),
        ("<@U1> note: x", "internal", "@Maya x"),
        ("<!here>, <@U1>: *internal only* - x", "internal", "@here, @Maya x"),
        ("📝 note: x", "internal", "📝 x"),
        ("⚠️ *Internal:* x", "internal", "⚠️ x"),
        ("🔒 note: x", "internal", "x"),
        ("🔒🔒 x", "internal", "x"),
        ("*Internal note*\nx", "internal", "x"),
        ("Nur intern\n\nx", "internal", "x"),
        ("Interner Hinweis: x", "internal", "x"),
        ("Nur fürs Team: x", "internal", "x"),
        ("Commentaire interne : x", "internal", "x"),
        ("comentario interno: x", "internal", "x"),
        ("somente interno: x", "internal", "x"),
        ("Messaggio interno: x", "internal", "x"),
        ("komentarz wewnętrzny: x", "internal", "x"),
        ("社内限定：x", "internal", "x"),
        ("تعليق داخلي: x", "internal", "x"),
        ("n\u200bote\u200b\u200b \u2060: x", "internal", "x"),
        ("internally: x", "internal", "x"),
        ("For internal eyes only: x", "internal", "x"),
        ("for the team only: x", "internal", "x"),
        ("For the team: x", None, "For the team: x"),
        ("FYI team: x", None, "FYI team: x"),
        ("Private / public keys: x", None, "Private / public keys: x"),
        ("Internal &gt; Settings: x", None, "Internal > Settings: x"),
        ("Team-internal note: x", "internal", "x"),
        ("int. note: x", "internal", "x"),
        ("FYI internal: x", "internal", "x"),
        ("note (internal): x", "internal", "x"),
        ("Note[private] - x", "internal", "x"),
        ("internal (note): x", "internal", "x"),
        ("Not for the client: x", "internal", "x"),
        ("not to customers: x", "internal", "x"),
        ("Don’t send to the customer: x", "internal", "x"),
        ("nicht für den Kunden: x", "internal", "x"),
        ("pas pour le client : x", "internal", "x"),
        ("no para el cliente: x", "internal", "x"),
        ("Niet voor de klant: x", "internal", "x"),
        ("note | x", "internal", "x"),
        ("internal // x", "internal", "x"),
        ("Note &gt;&gt; x", "internal", "x"),
        ("=== internal === x", "internal", "x"),
        ("**note** x", "internal", "x"),
        ("#internal x", "internal", "x"),
        ("#note\nx", "internal", "x"),
        ("!private x", "internal", "x"),
        (":internal: x", "internal", "x"),
        ("[team] x", "internal", "x"),
        ("pvt: x", "internal", "x"),
        (":internal_note: x", "internal", "x"),
        ("ntoe: x", "internal", "x"),
        ("Notee : x", "internal", "x"),
        ("*nte:* x", "internal", "x"),
        ("intenal note: x", "internal", "x"),
        ("Internak: x", "internal", "x"),
        ("private ntoe: x", "internal", "x"),
        ("&gt; what?\n&gt; who?\nnote: x", "internal", "> what?\n> who?\n\nx"),
        ("```trace```\ninternal: x", "internal", "```\ntrace\n```\n\nx"),
        ("<https://x.example/a>\n🔒 x", "internal", "<https://x.example/a>\n\nx"),
        ("&gt; what?\nreply: x", None, "> what?\n\nreply: x"),
        ("&gt; what?\nnoted: x", None, "> what?\n\nnoted: x"),
        ("It works.\nnote: x", None, "It works.\nnote: x"),
        ("not: x", None, "not: x"),
        ("Interval: x", None, "Interval: x"),
        ("vote: x", None, "vote: x"),
        ("Team: x", None, "Team: x"),
        ("notes/drafts are gone", None, "notes/drafts are gone"),
        ("#42 x", None, "#42 x"),
        (":memo: x", None, "📝 x"),
        ("<@U1> please note: x", None, "@Maya please note: x"),
        ("<@U1> reply: x", None, "@Maya reply: x"),
        ("Note for Windows users: x", None, "Note for Windows users: x"),
        ("note @Maya said x", None, "note @Maya said x"),
        ("internal", None, "internal"),
        ("Notes\nx", None, "Notes\nx"),
        ("🎉 noted: x", None, "🎉 noted: x"),
        ("Interner Fehler: 500", None, "Interner Fehler: 500"),
        ("Nota bene: x", None, "Nota bene: x"),
        ("内部エラー: x", None, "内部エラー: x"),
        ("reply - x", None, "reply - x"),
        ("replying: x", None, "replying: x"),
        ("note-taking is broken", None, "note-taking is broken"),
        ("Note that it works", None, "Note that it works"),
        ("internal server error: 500", None, "internal server error: 500"),
        ("Privately: no", None, "Privately: no"),
        ("Noted - thanks", None, "Noted - thanks"),
    ],
)
def test_marks_in_front_are_recognised_and_cut_off(typed, visibility_, body):
    [heard] = hear(said(text=typed))
    assert (heard.visibility, heard.body) == (visibility_, body)


def test_a_lock_picked_from_the_emoji_menu_is_a_mark_too():
    block = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [{"type": "emoji", "name": "lock", "unicode": "1f512"}, {"type": "text", "text": " hush"}],
            }
        ],
    }
    [heard] = hear(said(text=":lock: hush", blocks=[block]))
    assert (heard.visibility, heard.body) == ("internal", "hush")


def test_a_note_may_begin_with_mentions():
    inside = [
        {"type": "user", "user_id": "U1"},
        {"type": "text", "text": " "},
        {"type": "usergroup", "usergroup_id": "S1"},
        {"type": "text", "text": ": note: do not call "},
        {"type": "user", "user_id": "U1"},
    ]
    section = {"type": "rich_text_section", "elements": inside}
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]}
    blocks = [{"type": "rich_text", "elements": [section, quote]}]
    [heard] = hear(said(text="", blocks=blocks))
    assert (heard.visibility, heard.body) == ("internal", "@Maya @S1 do not call @Maya\n\n> quoted")
    inside[3]["text"] = ": do not call "
    [heard] = hear(said(text="", blocks=blocks))
    assert (heard.visibility, heard.body) == (None, "@Maya @S1: do not call @Maya\n\n> quoted")


def test_what_the_reconciler_reads_is_heard_by_the_same_rules():
    us = events.BotIdentity("T1", "", frozenset({"UBOT"}), frozenset({"BBOT"}))
    heard = payload_parser.message_to_event(
        "C1", {"user": "U1", "ts": TS, "thread_ts": ROOT, "text": "note: missed"}, us, NAMES
    )
    assert (heard.kind, heard.body, heard.visibility, heard.team_id) == (
        "message",
        "missed",
        "internal",
        "T1",
    )
    assert (
        payload_parser.message_to_event("C1", {"user": "U1", "ts": TS, "text": "x", "bot_id": "BBOT"}, us, NAMES)
        is None
    )
    assert (
        payload_parser.message_to_event(
            "C1", {"user": "U1", "ts": TS, "text": "x", "subtype": "channel_join"}, us, NAMES
        )
        is None
    )
