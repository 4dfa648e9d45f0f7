"""Which part of a conversation a page shows at first, for every length and every count of unread entries."""

from types import SimpleNamespace

from helpdesk.web.tickets import folding


def test_every_unread_entry_of_any_conversation_is_shown_with_what_was_read_before():
    for length in range(80):
        entries = [SimpleNamespace(seq=seq) for seq in range(1, length + 1)]
        for unread_count in range(length + 1):
            start = folding.find_default_start(entries, unread_count)
            shown_count = sum(entry.seq >= start for entry in entries)
            assert shown_count >= min(length, folding.LATEST, folding.MOST_UNREAD), (length, unread_count)
            assert shown_count >= min(unread_count, folding.MOST_UNREAD), (length, unread_count)
