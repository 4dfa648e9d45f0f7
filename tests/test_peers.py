"""The bench with other help desks: what it inserts into them, what it takes for an answer, and its table."""

import json
from datetime import UTC, datetime

import pytest

from bench.peers import django_helpdesk, measuring, osticket_rows, results
from bench.peers.__main__ import parse_arguments
from bench.peers.browser import Answer, Browser, WrongAnswerError, read_hidden_fields
from bench.peers.corpus import Corpus, Message, Ticket
from bench.peers.results import Cost
from bench.peers.sites import Case, follow

AT = datetime(2026, 11, 30, 8, 15, tzinfo=UTC)
LATER = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def make_corpus() -> Corpus:
    said = [
        Message(0, False, "It beeps.\n\tAll day.", "<p>It beeps.\n\tAll day.</p>", AT),
        Message(7, True, "Same as C:\\temp", "<p>Same as C:\\temp</p>", LATER),
        Message(7, False, "We look.", "<p>We look.</p>", LATER),
    ]
    tickets = [
        Ticket(11, 2, 7, "The scanner beeps", "solved", AT, LATER, said),
        Ticket(12, 2, 0, "The export", "open", AT, AT, said[:1]),
    ]
    return Corpus({2: ("Alder Foods", "ada@alder.example")}, {7: ("Priya Shah", "priya@x.example")}, tickets, 2, 2)


def test_rows_of_osticket_have_as_many_values_as_columns():
    rows = osticket_rows.make_rows(make_corpus(), "priya@x.example", "hash")

    assert set(rows) == set(osticket_rows.COLUMNS)
    for table, columns in osticket_rows.COLUMNS.items():
        assert {len(row) for row in rows[table]} <= {len(columns.split())}, table
    assert len(rows["thread_entry"]) == 4
    assert [row[4] for row in rows["thread_entry"]] == ["M", "N", "R", "M"], "customer, note, reply"
    assert [row[4] for row in rows["ticket"]] == [osticket_rows.RESOLVED, osticket_rows.OPEN]
    assert len(rows["_search"]) == 4 + 2 + 2, "messages, tickets, the customer and the organization"


def test_each_message_of_osticket_is_of_one_person():
    rows = osticket_rows.make_rows(make_corpus(), "priya@x.example", "hash")

    assert [(row[2], row[3]) for row in rows["thread_entry"]] == [(0, 2), (1, 0), (1, 0), (0, 2)]


def test_a_row_is_one_line_whatever_was_written():
    line = osticket_rows.format_row((1, "It beeps.\n\tAll day.", None, "C:\\temp"))

    assert line == "1\tIt beeps.\\n\\tAll day.\t\\N\tC:\\\\temp\n"


def test_records_for_django_helpdesk_keep_who_wrote_what():
    head, first, second = django_helpdesk.write_records(make_corpus(), "priya@x.example")

    assert head["sign_in"]["agent"] == "priya@x.example"
    assert [message["agent"] for message in first["messages"]] == ["", "priya@x.example", "priya@x.example"]
    assert [message["is_note"] for message in first["messages"]] == [False, True, False]
    assert second["customer"] == "ada@alder.example"
    assert json.loads(json.dumps(first))["created"] == "2026-11-30T08:15:00+00:00"


def test_the_best_peer_is_the_cheapest_with_its_database():
    costs = {
        "ours": [Cost(2, 1), Cost(3, 1), Cost(2, 3)],
        "one": [Cost(10, 30), Cost(10, 29)],
        "other": [Cost(25, 5), Cost(20, 13), Cost(21, 8)],
    }
    row = results.make_row("list", costs, "ours")

    assert row.medians["ours"] == Cost(3, 1)
    assert row.medians["other"] == Cost(25, 5), "with its own parts"
    assert row.times == pytest.approx(30 / 4)


def test_a_row_that_we_lose_says_so():
    rows = results.summarize({"reply": {"ours": [Cost(5, 5)], "one": [Cost(4, 1)]}}, "ours")

    assert results.format_rows(rows, "ours", ["one"]) == [("reply", "5.0 + 5.0 = 10.0", "4.0 + 1.0 = 5.0", "0.5", "0")]


def test_what_no_peer_can_do_has_no_ratio():
    rows = results.summarize({"search": {"ours": [Cost(1, 1)]}}, "ours")

    assert results.format_rows(rows, "ours", ["one"]) == [("search", "1.0 + 1.0 = 2.0", "none", "", "0")]


def test_noise_is_the_widest_of_the_sites():
    steady, wide = [Cost(10, 0)] * 5, [Cost(total, 0) for total in (8, 9, 10, 11, 12)]

    assert results.find_noise(steady) == 0
    assert results.make_row("list", {"ours": steady, "one": wide}, "ours").noise == 20


def test_hidden_fields_are_read_in_any_order_and_quotes():
    page = (
        "<input value='a' name=\"token\" type=hidden><input type=\"hidden\" name='id' value=\"7\"/><input name='body'>"
    )

    assert read_hidden_fields(page.replace("type=hidden", 'type="hidden"')) == {"token": "a", "id": "7"}


class PagesBrowser(Browser):
    """A browser whose server always answers with ``answer``."""

    def __init__(self, answer: Answer):
        super().__init__("http://127.0.0.1:1")
        self.answer = answer

    def request(self, method, path, body=None, headers=None):
        return self.answer


@pytest.mark.parametrize(
    "answer", [Answer(200, "/list", "", "row"), Answer(500, "/list", "", "row row"), Answer(302, "/list", "/login", "")]
)
def test_a_page_with_too_few_rows_or_an_error_is_no_answer(answer):
    with pytest.raises(WrongAnswerError):
        PagesBrowser(answer).read("/list", "row", 2)


def test_a_form_that_leads_elsewhere_was_not_accepted():
    browser = PagesBrowser(Answer(302, "/reply", "/login?next=/tickets/7", ""))

    with pytest.raises(WrongAnswerError):
        browser.send("/reply", {"body": "x"}, r"^/tickets/7")


class CountingSite:
    """A site of this process, which adds ``kept`` of two messages."""

    name = "counting"

    def __init__(self, kept: int):
        self.kept, self.messages, self.asked = kept, 0, 0
        self.people = {"agent": [Browser("http://127.0.0.1:1") for _ in range(measuring.CLIENTS)]}

    def count(self):
        return 5, self.messages

    def list_app_pids(self):
        return []

    def list_database_pids(self):
        return []

    def reply(self, _browser, _place):
        self.asked += 1
        self.messages += self.asked % 2 or self.kept == 2


def test_what_was_asked_must_be_in_the_database():
    amounts = measuring.Amounts(reads=1, writes=20, seconds=1)
    whole, lossy = CountingSite(kept=2), CountingSite(kept=1)

    measuring.measure(whole, Case("agent", whole.reply, adds=(0, 1)), amounts)
    assert whole.asked == 20
    with pytest.raises(SystemExit, match="20 requests added"):
        measuring.measure(lossy, Case("agent", lossy.reply, adds=(0, 1)), amounts)


def test_a_folder_without_the_installer_is_refused(capsys, tmp_path):
    with pytest.raises(SystemExit):
        parse_arguments(["--osticket", str(tmp_path)])
    assert "has no setup/install.php" in capsys.readouterr().err


def test_without_a_folder_osticket_is_left_out():
    assert parse_arguments([]).peers == ["django-helpdesk"]


def test_a_page_that_is_redirected_to_is_read():
    asked = []

    class FollowingBrowser(PagesBrowser):
        def request(self, method, path, body=None, headers=None):
            asked.append(path)
            return Answer(200, path, "", "<html>")

    browser = FollowingBrowser(Answer(200, "", "", ""))
    answers = iter(
        [Answer(302, "/scp/tickets.php?id=7", "tickets.php?id=7", ""), Answer(200, "/tickets.php", "", "page")]
    )
    case = follow(Case("agent", lambda _who, _place: next(answers)))
    case.ask(browser, 0)
    case.ask(browser, 0)

    assert asked == ["/scp/tickets.php?id=7"]
