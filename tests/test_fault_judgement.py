"""The fault bench tells what is late, lost and gone with a database server apart."""

import itertools
from types import SimpleNamespace

import pytest

from bench.fault_injection import draining, expectations, machine_share, scenario
from bench.fault_injection.draining import wait_until_drained
from bench.fault_injection.journal import REPLY, TICKET_CREATED, Journal, RecordedResponse, SentMessage, TicketRecord
from bench.fault_injection.observations import MailObservations, ShownMessage, SlackObservations
from bench.fault_injection.verify import Verifier
from tests.replaced_modules import replace_in

RECORDS = {"waiting": 0, "calls": {}, "mails": [], "events": []}


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch):
    replace_in(monkeypatch, draining, "time", sleep=lambda seconds: None)


def make_message(journal, word, ticket, started_at, ended_at, kind=REPLY) -> SentMessage:
    message = SentMessage(word, kind, "globex", ticket, "dana@globex.example", "web", True, started_at, ended_at)
    return journal.add_message(message)


def test_what_is_late_is_known_by_the_time_that_the_installation_was_given():
    looks = itertools.chain([["a word"]] * 5, itertools.repeat([]))
    given = itertools.count(step=10)  # ten seconds between two looks
    drained = wait_until_drained(lambda _: next(looks), lambda: RECORDS, 30, 100, 0, clock=lambda: next(given))
    assert drained.late == ["a word"] and drained.missing == [] and drained.own_seconds is not None
    looks = itertools.chain([["a word"]] * 5, itertools.repeat([]))
    starved = itertools.count(step=1)  # the same, of which one second was ours
    drained = wait_until_drained(lambda _: next(looks), lambda: RECORDS, 30, 100, 0, clock=lambda: next(starved))
    assert drained.late == [] and drained.missing == []


def test_what_never_comes_is_lost_on_a_busy_machine_too():
    starved = itertools.count(step=1)
    drained = wait_until_drained(lambda _: ["a word"], lambda: RECORDS, 30, 100, 0, clock=lambda: next(starved))
    assert drained.late == drained.missing == ["a word"] and drained.after is None


@pytest.mark.parametrize(("starved", "findings"), [(False, 1), (True, 0)])
def test_a_503_counts_unless_the_machine_was_busy(starved, findings):
    journal = Journal()
    journal.add_response(RecordedResponse(20.0, 10.0, "GET", "/tickets/1", 503, "5"))
    verifier = Verifier(journal, lambda start, end: starved)
    assert len(verifier._check_responses([])) == findings
    journal.add_response(RecordedResponse(20.0, 10.0, "GET", "/tickets/1", 503, ""))
    journal.add_response(RecordedResponse(20.0, 10.0, "GET", "/tickets/1", 500, "5"))
    assert len(verifier._check_responses([])) == findings + 2, "without Retry-After, or a 500, is never right"


def test_with_a_lost_ticket_goes_what_was_typed_below_its_card():
    journal = Journal()
    for subject in ("Kept", "Lost"):
        journal.add_ticket(TicketRecord(subject, "globex", "dana@globex.example", number=1))
    make_message(journal, "before", "Kept", 1, 2)
    make_message(journal, "begun before", "Kept", 4, 30)
    make_message(journal, "filed", "Lost", 9, 11, TICKET_CREATED)
    make_message(journal, "typed later", "Lost", 25, 26)
    make_message(journal, "after", "Kept", 25, 26)
    assert journal.forget_between(10, 20) == 3
    assert [message.word for message in journal.list_accepted()] == ["before", "after"]
    assert [ticket.subject for ticket in journal.list_filed()] == ["Kept"]
    make_message(journal, "written on a page that was open", "Lost", 30, 31)
    assert [message.word for message in journal.list_accepted()] == ["before", "after"]


@pytest.mark.parametrize(("written_at", "findings"), [(5, 0), (25, 1)])
def test_a_mail_is_rendered_again_where_the_new_primary_does_not_know_that_it_was_sent(written_at, findings):
    """It has the same Message-ID then, but a new date; what was written afterwards has the same bytes each time."""
    journal = Journal()
    journal.add_ticket(TicketRecord("Kept", "globex", "dana@globex.example", number=1))
    make_message(journal, "Zglobex00001Z", "Kept", written_at, written_at + 1)
    journal.forget_between(10, 20)
    mails = [{"message_id": "<1@x>", "words": ["Zglobex00001Z"], "hash": hash, "to": []} for hash in ("one", "other")]
    found = Verifier(journal)._check_mail(MailObservations(mails, set(journal.tickets)))
    assert len([finding for finding in found if "different bytes" in finding]) == findings


@pytest.mark.parametrize(("written_at", "is_right"), [(5, True), (25, False)])
def test_what_is_filed_again_comes_after_what_was_written_meanwhile(written_at, is_right):
    journal = Journal()
    journal.add_ticket(TicketRecord("Zglobex00001Z", "globex", "dana@globex.example", number=1))
    words = [f"Zglobex0000{number}Z" for number in (2, 3)]
    for word in words:
        make_message(journal, word, "Zglobex00001Z", written_at, written_at + 1).via = "slack"
    journal.forget_between(10, 20)
    posts = [{"ts": f"{n}", "root": "1", "ours": True, "words": [word], "title": []} for n, word in enumerate(words, 2)]
    card = {"ts": "1", "root": "1", "ours": True, "words": [], "title": ["Zglobex00001Z"]}
    pages = SimpleNamespace(team={"Zglobex00001Z": [ShownMessage(word, "reply") for word in reversed(words)]})
    slack = SlackObservations({scenario.TRIAGE_CHANNEL_ID: [card, *posts]})
    assert (Verifier(journal)._check_order(slack, pages) == []) is is_right


@pytest.mark.parametrize(("copies", "findings"), [(0, 0), (1, 0), (2, 1)])
def test_what_was_lost_with_a_primary_may_be_nowhere_but_never_twice(copies, findings):
    journal = Journal()
    journal.add_ticket(TicketRecord("Zglobex00001Z", "globex", "dana@globex.example", number=1))
    make_message(journal, "Zglobex00002Z", "Zglobex00001Z", 11, 12)
    journal.forget_between(10, 20)
    posts = [{"ts": f"{n}", "root": "1", "ours": True, "words": ["Zglobex00002Z"], "title": []} for n in range(copies)]
    found = Verifier(journal)._check_sent_once(SlackObservations({scenario.TRIAGE_CHANNEL_ID: posts}))
    assert len(found) == findings


def test_an_edit_after_a_move_is_expected_where_its_message_was():
    journal = Journal()
    umbra = expectations.get_channel("umbra")
    moved = TicketRecord("Moved", "umbra", "u", number=1, moving_to="umbra", moved_from="globex", moved_at=10)
    before, after = make_message(journal, "before", "Moved", 5, 6), make_message(journal, "after", "Moved", 15, 16)
    for original, channels in ((before, [scenario.TRIAGE_CHANNEL_ID]), (after, [scenario.TRIAGE_CHANNEL_ID, umbra])):
        edit = make_message(journal, f"{original.word}, edited", "Moved", 20, 21)
        edit.via, edit.original = "edit", original
        assert expectations.list_expected_channels(original, moved, journal) == channels
        assert expectations.list_expected_channels(edit, moved, journal) == channels


def test_the_share_is_running_time_of_what_could_have_run(monkeypatch):
    times = iter(
        [{"1/1": (0, 0), "2/2": (5, 5)}, {"1/1": (30, 90), "3/3": (7, 7)}, {"1/1": (130, 90)}, {"1/1": (130, 90)}]
    )
    monkeypatch.setattr(machine_share, "_read_times", lambda: next(times))
    share = machine_share.MachineShare()
    for _ in range(3):
        share.sample()
    assert [given for _, given in share.samples] == [0.25, 1.0, 1.0], "a thread counts while it is in both samples"
    first, second = share.samples[0][0], share.samples[1][0]
    assert share.was_starved(first, first)
    assert not share.was_starved(second + machine_share.SAMPLE_SECONDS, second + 60)
