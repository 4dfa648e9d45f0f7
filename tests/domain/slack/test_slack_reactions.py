"""Reactions on the page and in Slack: the same ones, each for those who may see where it was put."""

import pytest

from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.errors import PermissionDenied
from helpdesk.domain.tickets import reactions
from helpdesk.models.reaction import Reaction
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, ELLEN, GLOBEX, PRIYA

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TRIAGE = personas.TRIAGE_CHANNEL_ID


def shown(session, ticket, reader, body="Coming."):
    """What a reader sees below the message with this text: emoji with names, and whether they are the reader's."""
    session.expire_all()
    entries = tickets.load_timeline(ticket, reader)
    [entry] = [entry for entry in entries if getattr(entry, "body", "") == body]
    return [(each.emoji, " ".join(each.names), each.is_mine) for each in entry.reactions]


def bot_reactions(day, session, channel, ts) -> set[str]:
    worker_helpers.advance_time(session, 2)  # reactions wait behind the update of the card
    worker_helpers.drain(session)
    found = day.workspace.message(channel, ts).get("reactions", [])
    return {each["name"] for each in found if personas.BOT_USER_ID in each["users"]} - {"incoming_envelope"}


@pytest.fixture
def answer(filed_ticket, day, team, session):
    """Priya's reply from triage, and where its copy stands in Globex's channel."""
    ts = day.say(PRIYA, "Coming.")
    copy = day.workspace.replies(GLOBEX, day.root(GLOBEX))[-1]["ts"]
    return day.last(), ts, copy


def test_each_place_shows_what_its_readers_may_see(filed_ticket, answer, day, session, team):
    (_, ts, copy), (_, jonas), dana = answer, team, filed_ticket.requester
    day.do("react", DANA, GLOBEX, copy, "tada")
    day.do("react", PRIYA, TRIAGE, ts, "facepalm")
    day.do("react", ELLEN, TRIAGE, ts, "eyes")  # no agent
    everybody = [("🎉", "Dana Whitfield", False)]
    assert shown(session, filed_ticket, dana) == everybody
    assert shown(session, filed_ticket, jonas) == [*everybody, ("🤦", "Priya Raman", False)]
    assert bot_reactions(day, session, TRIAGE, ts) == {"tada"}
    assert bot_reactions(day, session, GLOBEX, copy) == set()
    day.do("unreact", DANA, GLOBEX, copy, "tada")
    assert shown(session, filed_ticket, dana) == [] and bot_reactions(day, session, TRIAGE, ts) == set()


def test_what_is_pressed_on_the_page_is_in_every_thread_once(filed_ticket, answer, day, session, team):
    (message, ts, copy), (_, jonas), dana = answer, team, filed_ticket.requester
    for person in (jonas, dana):
        reactions.set_reaction(message, "👍", actor=person)
        session.commit()
    assert shown(session, filed_ticket, dana) == [("👍", "Jonas Weber Dana Whitfield", True)]
    assert bot_reactions(day, session, TRIAGE, ts) == bot_reactions(day, session, GLOBEX, copy) == {"+1"}
    reactions.set_reaction(day.last(), "👍", actor=jonas)  # sent twice
    assert session.query(Reaction).count() == 2
    for _ in range(2):
        reactions.set_reaction(day.last(), "👍", actor=jonas, is_added=False)
    session.commit()
    assert bot_reactions(day, session, GLOBEX, copy) == {"+1"}
    reactions.set_reaction(day.last(), "👍", actor=dana, is_added=False)
    session.commit()
    assert bot_reactions(day, session, TRIAGE, ts) == bot_reactions(day, session, GLOBEX, copy) == set()
    assert session.query(Reaction).count() == 0 and not day.last().has_reactions


def test_a_note_and_an_unknown_emoji_are_refused_to_customers(filed_ticket, day, session, team):
    (priya, jonas), dana = team, filed_ticket.requester
    note = tickets.add_note(filed_ticket, author=priya, body="Coming.")
    session.commit()
    reactions.set_reaction(note, "👍", actor=jonas)
    session.commit()
    assert session.query(Reaction).one().team_only
    assert shown(session, filed_ticket, jonas) == [("👍", "Jonas Weber", True)]
    reply = tickets.reply(filed_ticket, author=priya, body="Public")
    session.commit()
    for message, emoji in ((note, "👍"), (reply, "<b>"), (reply, "👍" * 200)):
        with pytest.raises(PermissionDenied):
            reactions.set_reaction(message, emoji, actor=dana)
        session.rollback()


def test_a_card_stands_for_the_first_message(filed_ticket, day, session, team):
    day.do("react", DANA, GLOBEX, day.root(GLOBEX), "pray")
    first = tickets.load_timeline(filed_ticket, filed_ticket.requester)[0]
    assert [each.emoji for each in first.reactions] == ["🙏"]
    assert bot_reactions(day, session, TRIAGE, day.root()) == {"pray"}


def test_what_was_put_on_before_the_copy_was_in_slack_is_added_there(filed_ticket, day, session, team):
    (_, jonas), dana = team, filed_ticket.requester
    message = tickets.reply(filed_ticket, author=jonas, body="Coming.\n\n" + "It takes long. " * 1200)  # several parts
    for emoji, is_added in (("👍", True), ("🎉", True), ("🎉", False)):
        reactions.set_reaction(message, emoji, actor=dana, is_added=is_added)
    session.commit()
    before = day.workspace.calls["reactions.add"]
    worker_helpers.drain(session)
    for channel in (TRIAGE, GLOBEX):
        parts = [each["ts"] for each in day.workspace.replies(channel, day.root(channel))[1:]]
        assert len(parts) > 1
        assert [bot_reactions(day, session, channel, ts) for ts in parts] == [{"+1"}] + [set()] * (len(parts) - 1)
    assert day.workspace.calls["reactions.add"] == before + 2


def test_a_reaction_to_a_note_not_sent_yet_reaches_the_team_only(filed_ticket, day, session, team):
    priya, jonas = team
    note = tickets.add_note(filed_ticket, author=priya, body="Between us.")
    reactions.set_reaction(note, "👍", actor=jonas)
    session.commit()
    worker_helpers.drain(session)
    assert bot_reactions(day, session, TRIAGE, day.workspace.replies(TRIAGE, day.root())[-1]["ts"]) == {"+1"}
    assert len(day.workspace.replies(GLOBEX, day.root(GLOBEX))) == 1


def test_a_card_that_is_posted_later_shows_the_reactions_to_the_first_message(make, day, session, team):
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    ticket = make.ticket(make.user(globex, "Dana Whitfield", email="dana@globex.example"))
    [first] = ticket.messages
    reactions.set_reaction(first, "🙏", actor=team[0])
    session.commit()
    worker_helpers.drain(session)
    assert bot_reactions(day, session, TRIAGE, day.root()) == {"pray"}
    assert bot_reactions(day, session, GLOBEX, day.root(GLOBEX)) == {"pray"}
