"""A rehearsed failover fails when people, Slack or a log had more than the product promises."""

from types import SimpleNamespace

import pytest

from bench.fault_injection.failover_measurements import FailoverMeasurements
from bench.fault_injection.journal import Journal, RecordedResponse
from bench.fault_injection.machine_share import MachineShare
from bench.fault_injection.verify import CHECKS, Verdict

KILLED, PROMOTED, END = 12.0, 17.0, 60.0


def make_run(last_before=11.0, first_after=26.0, posted=31.0, logged=99_000) -> FailoverMeasurements:
    """A primary that is killed and a replica that is promoted, in a run that began at 0."""
    journal = Journal()
    answered = [second / 2 for second in range(int(2 * END))]  # twice a second
    for when in (each for each in answered if each <= last_before or each >= first_after):
        journal.add_response(RecordedResponse(when, when - 0.1, "GET", "/tickets", 200, ""))
    journal.add_response(RecordedResponse(14.0, 13.0, "GET", "/tickets", 503, "5"))
    sizes = {"web": "", "workers": ""}
    run = FailoverMeasurements(SimpleNamespace(web_nodes={"web": 1}, log=sizes.get), journal, END)
    run.started_at, run.steps = 0.0, {"kill_primary": KILLED, "promote": PROMOTED}
    run.posts = [] if posted is None else [11.5, posted]
    run.logged = {"web": 0, "workers": 0}
    sizes["web"] = "x" * logged
    return run


def find(run: FailoverMeasurements, share: float = 1.0) -> list[str]:
    given = MachineShare()
    given.samples = [(when, share) for when in range(0, 70, 2)]
    return run.list_overruns("promote", given.given_between)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"first_after": 27.5}, "nobody got an answer for 11.5 s"),
        ({"last_before": 1.5}, "nobody got an answer for 19.5 s"),
        ({"posted": 33.0}, "the first message 16.0 s"),
        ({"posted": None}, "no message after promote"),
        ({"logged": 100_001}, "web logged 100,001 bytes"),
    ],
)
def test_a_run_over_a_limit_fails(over, words):
    assert find(make_run()) == [], "each of its times is just within the limits"
    found = find(make_run(**over))
    assert len(found) == 1 and words in found[0]
    verdict = Verdict({name: [] for name in CHECKS} | {"limits": found}, {})
    assert verdict.failed == ["limits"]


@pytest.mark.parametrize(("share", "findings"), [(1.0, 2), (0.5, 0)])
def test_times_are_those_in_which_the_run_was_given_a_processor(share, findings):
    assert len(find(make_run(first_after=35.0, posted=45.0), share)) == findings


def test_the_own_time_of_an_interval_is_that_of_its_samples():
    share = MachineShare()
    assert share.given_between(3.0, 5.0) == 2.0, "nothing was sampled yet"
    share.samples = [(10.0, 0.5), (12.0, 0.25), (14.0, 1.0)]
    assert share.given_between(11.0, 13.0) == 0.25 + 1.0
    assert share.given_between(13.0, 20.0) == 7.0
    assert share.given_between(0.0, 4.0) == 2.0
