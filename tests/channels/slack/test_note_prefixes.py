"""What makes a note, or a reply, of an agent's message in Slack."""

import pytest

from tests.channels.slack.event_samples import hear, said


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
