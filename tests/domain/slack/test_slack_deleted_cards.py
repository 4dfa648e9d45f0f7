"""A card whose answer was lost and which somebody deletes before it is looked for: what was typed below it is kept."""

import pytest

from helpdesk.channels.slack import notifications
from helpdesk.channels.slack.handlers import deleted_cards
from helpdesk.demo import personas
from helpdesk.domain.tickets import transfer
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, JONAS, MAYA, PRIYA, compare

TRIAGE = personas.TRIAGE_CHANNEL_ID
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def dana(make, session, team):
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    return make.user(globex, "Dana Whitfield", email="dana@globex.example")


@pytest.fixture
def file_in_doubt(make, session, workspace, dana):
    """Files a ticket whose card is in a channel, though the answer to our posting it was lost. Returns ticket, ts."""

    def file(subject="The oven burns", channel=TRIAGE):
        known = {message["ts"] for message in workspace.posted(channel)}
        workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=channel)
        ticket = make.ticket(dana, subject=subject)
        worker_helpers.drain(session)
        [root] = [message["ts"] for message in workspace.posted(channel) if message["ts"] not in known]
        return ticket, root

    return file


def let_time_pass(session, workspace):
    """Look for what is in doubt, and take in every event."""
    for _ in range(4):
        worker_helpers.receive_events(session, workspace)
        worker_helpers.drain(session)
        worker_helpers.advance_time(session, 400)
    worker_helpers.drain(session)
    session.expire_all()


def say_and_delete(workspace, channel, root, *said):
    """Each of ``said`` is (person, text); then somebody deletes the root."""
    for person, text in said:
        workspace.say(person, channel, text, thread_ts=root)
    workspace.delete(MAYA, channel, root)


def post_line(session, workspace, is_lost=False):
    """Post a line for the team, with ``is_lost`` without an answer. Returns its ts."""
    if is_lost:
        workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=TRIAGE)
    notifications.notify_team("A mail waits.")
    session.commit()
    worker_helpers.drain(session)
    [line] = [each["ts"] for each in workspace.posted(TRIAGE) if each["text"] == "A mail waits."]
    return line


def lose_events(workspace, *, about):
    """Let Slack have lost the events of which ``about`` is true."""
    kept = [each for each in workspace.events.log if not about(each.body.get("event", {}))]
    workspace.events.log.clear()
    workspace.events.log.extend(kept)


def is_deletion(event):
    return event.get("message", {}).get("subtype") == "tombstone"


def is_said(event):
    return event.get("type") == "message" and "subtype" not in event


def words(session, ticket):
    """(kind, body) of what is on the ticket after its first message."""
    rows = session.query(Message.kind, Message.body).filter(Message.ticket_id == ticket.id).order_by(Message.seq)
    return [tuple(row) for row in rows][1:]


def notices(workspace, root):
    """The number of lines in the team's channel that lead to the thread below ``root``."""
    address = f"archives/{TRIAGE}/p{root.replace('.', '')}"
    return sum(address in message["text"] for message in workspace.posted(TRIAGE))


def cards(workspace, ticket, channel=TRIAGE):
    return [each["ts"] for each in workspace.posted(channel) if f"#{ticket.number} " in each["text"]]


def test_what_was_typed_below_it_is_on_the_ticket_once_and_in_order(file_in_doubt, session, workspace):
    ticket, root = file_in_doubt()
    say_and_delete(workspace, TRIAGE, root, (PRIYA, "We look into it."), (JONAS, "note: its fuse"), (PRIYA, "Done."))
    workspace.say(PRIYA, TRIAGE, "Below the tombstone.", thread_ts=root)
    let_time_pass(session, workspace)
    expected = [
        ("reply", "We look into it."),
        ("note", "its fuse"),
        ("reply", "Done."),
        ("reply", "Below the tombstone."),
    ]
    assert words(session, ticket) == expected
    [card] = cards(workspace, ticket)
    shown = [message["text"] for message in workspace.replies(TRIAGE, card)[1:]]
    assert len(shown) == 4, "the new card's thread has each of them once"
    assert [each.kind for each in ticket.events].count("slack_deleted") == 1


def test_a_customers_words_below_it_are_their_reply(file_in_doubt, session, workspace):
    ticket, root = file_in_doubt(channel=GLOBEX)
    say_and_delete(workspace, GLOBEX, root, (DANA, "It burns again."), (PRIYA, "We come."))
    let_time_pass(session, workspace)
    assert words(session, ticket) == [("reply", "It burns again."), ("reply", "We come.")]
    said = session.query(Message).filter_by(body="It burns again.").one()
    assert said.author_id == ticket.requester_id
    assert session.query(Message).filter(Message.ticket_id != ticket.id).count() == 0


@ON_SQLITE
def test_a_file_below_it_comes_along(file_in_doubt, session, workspace):
    ticket, root = file_in_doubt()
    workspace.say(PRIYA, TRIAGE, "The picture:", thread_ts=root, files=[("oven.txt", b"hot")])
    workspace.delete(MAYA, TRIAGE, root)
    let_time_pass(session, workspace)
    said = session.query(Message).filter_by(body="The picture:").one()
    assert [(each.name, each.state, each.size) for each in said.attachments] == [("oven.txt", "stored", 3)]


@ON_SQLITE
def test_edits_and_deletions_below_it_follow(file_in_doubt, session, workspace):
    ticket, root = file_in_doubt()
    first = workspace.say(PRIYA, TRIAGE, "The password is hunter2.", thread_ts=root)
    second = workspace.say(PRIYA, TRIAGE, "Nobody should read this.", thread_ts=root)
    workspace.delete(MAYA, TRIAGE, root)
    let_time_pass(session, workspace)
    workspace.edit(PRIYA, TRIAGE, first, "The password is secret.")
    workspace.delete(PRIYA, TRIAGE, second)
    let_time_pass(session, workspace)
    assert words(session, ticket)[0] == ("reply", "The password is secret.")
    assert session.query(Message).filter(Message.deleted_at.is_not(None)).count() == 1


def test_two_deleted_cards_of_one_channel_are_distinguished(file_in_doubt, session, workspace):
    oven, its_root = file_in_doubt("The oven burns")
    window, other_root = file_in_doubt("The window is stuck")
    say_and_delete(workspace, TRIAGE, its_root, (PRIYA, "about the oven"))
    say_and_delete(workspace, TRIAGE, other_root, (PRIYA, "about the window"))
    let_time_pass(session, workspace)
    assert words(session, oven) == [("reply", "about the oven")]
    assert words(session, window) == [("reply", "about the window")]


def test_where_nobody_knows_whose_card_it_was_the_team_is_notified(file_in_doubt, session, workspace):
    oven, root = file_in_doubt("The oven burns")
    window, _ = file_in_doubt("The window is stuck")
    say_and_delete(workspace, TRIAGE, root, (PRIYA, "about the oven"), (PRIYA, "and its fuse"))
    lose_events(workspace, about=is_deletion)
    let_time_pass(session, workspace)
    assert words(session, oven) == words(session, window) == [], "nothing is put on a ticket by guessing"
    assert notices(workspace, root) == 1, "one line for the thread"
    answers = [each for each in workspace.ephemerals(user=PRIYA) if "no longer belongs to its ticket" in str(each)]
    assert len(answers) == 2, "their author is notified of each"


def test_where_slack_announced_nothing_the_team_is_notified_once(file_in_doubt, session, workspace):
    ticket, root = file_in_doubt()
    say_and_delete(workspace, TRIAGE, root, (PRIYA, "We look into it."))
    lose_events(workspace, about=lambda event: True)
    let_time_pass(session, workspace)
    assert notices(workspace, root) == 0
    compare(session)
    assert notices(workspace, root) == 1
    workspace.say(PRIYA, TRIAGE, "Below the tombstone.", thread_ts=root)
    let_time_pass(session, workspace)
    compare(session)
    assert (notices(workspace, root), words(session, ticket)) == (1, [])


@ON_SQLITE
def test_nobody_is_notified_of_other_deleted_messages(file_in_doubt, make, session, workspace, dana):
    unheard = workspace.say(JONAS, TRIAGE, "Lunch?")
    say_and_delete(workspace, TRIAGE, unheard, (PRIYA, "Yes."))
    lose_events(workspace, about=lambda event: True)
    make.ticket(dana)  # posted at once
    let_time_pass(session, workspace)
    compare(session)
    worker_helpers.advance_time(session, 2 * 3600)
    ticket, card = file_in_doubt()
    heard = workspace.say(JONAS, TRIAGE, "Coffee?")
    say_and_delete(workspace, TRIAGE, heard, (PRIYA, "Yes."))
    workspace.delete(MAYA, TRIAGE, card)
    let_time_pass(session, workspace)
    compare(session)
    assert notices(workspace, unheard) == notices(workspace, heard) == 0


@ON_SQLITE
def test_a_line_for_the_team_in_doubt_is_not_taken_for_a_card(file_in_doubt, session, workspace):
    line = post_line(session, workspace, is_lost=True)
    ticket, _ = file_in_doubt()
    say_and_delete(workspace, TRIAGE, line, (PRIYA, "I take it."))
    lose_events(workspace, about=is_deletion)
    let_time_pass(session, workspace)
    assert words(session, ticket) == []


@ON_SQLITE
def test_a_card_that_was_posted_at_once_is_not_taken_for_a_deleted_one(make, session, workspace, dana):
    line = post_line(session, workspace)
    session.query(Delivery).delete()  # as the retention does
    say_and_delete(workspace, TRIAGE, line, (PRIYA, "I take it."))
    lose_events(workspace, about=is_deletion)
    ticket = make.ticket(dana)
    worker_helpers.drain(session)
    let_time_pass(session, workspace)
    assert words(session, ticket) == []


def test_an_older_card_that_was_found_is_not_taken_for_a_deleted_one(file_in_doubt, session, workspace):
    older, _ = file_in_doubt("The oven burns")
    let_time_pass(session, workspace)
    ticket, root = file_in_doubt("The window is stuck")
    say_and_delete(workspace, TRIAGE, root, (PRIYA, "about the window"))
    lose_events(workspace, about=is_deletion)
    let_time_pass(session, workspace)
    assert (words(session, older), words(session, ticket)) == ([], [("reply", "about the window")])


@ON_SQLITE
def test_what_slack_did_not_announce_is_read_once_the_deletion_is_known(file_in_doubt, session, workspace):
    ticket, root = file_in_doubt()
    say_and_delete(workspace, TRIAGE, root, (PRIYA, "We look into it."))
    lose_events(workspace, about=is_said)
    let_time_pass(session, workspace)
    assert words(session, ticket) == []
    compare(session)
    assert words(session, ticket) == [("reply", "We look into it.")]


@ON_SQLITE
def test_what_is_announced_after_the_new_card_was_posted_is_on_the_ticket_too(file_in_doubt, session, workspace):
    ticket, root = file_in_doubt()
    say_and_delete(workspace, TRIAGE, root, (PRIYA, "We look into it."))
    for _ in range(2):
        worker_helpers.advance_time(session, 400)
        worker_helpers.drain(session)
    [new] = cards(workspace, ticket)
    assert new != root
    let_time_pass(session, workspace)
    assert words(session, ticket) == [("reply", "We look into it.")]


def test_a_ticket_that_left_the_customer_gets_nothing_from_their_channel(file_in_doubt, make, session, workspace, team):
    ticket, root = file_in_doubt(channel=GLOBEX)
    say_and_delete(workspace, GLOBEX, root, (PRIYA, "about Globex"), (PRIYA, "more about Globex"))
    umbra = make.organization("Umbra Labs", domain="umbralabs.example")
    transfer.transfer_ticket(ticket, umbra, requester=make.user(umbra), actor=team[0])
    session.commit()
    let_time_pass(session, workspace)
    assert words(session, ticket) == []
    assert session.query(InboundEvent.result).filter_by(result=deleted_cards.UNMATCHED).count() == 2


@ON_SQLITE
def test_a_message_of_somebody_else_that_was_deleted_is_no_card(file_in_doubt, session, workspace):
    ticket, card = file_in_doubt(channel=GLOBEX)
    root = workspace.say(JONAS, GLOBEX, f"#{ticket.number} is odd")
    say_and_delete(workspace, GLOBEX, root, (DANA, "Indeed."))
    workspace.delete(MAYA, GLOBEX, card)
    let_time_pass(session, workspace)
    assert words(session, ticket) == []
    assert session.query(Thread).filter_by(external_id=root).count() == 0


@ON_SQLITE
def test_what_is_said_below_a_line_of_ours_is_no_tickets(file_in_doubt, session, workspace):
    ticket, card = file_in_doubt()
    line = post_line(session, workspace)
    workspace.say(PRIYA, TRIAGE, "I take it.", thread_ts=line)
    workspace.delete(MAYA, TRIAGE, card)
    let_time_pass(session, workspace)
    assert words(session, ticket) == []
    assert session.query(InboundEvent).filter_by(result=deleted_cards.UNMATCHED).count() == 0
