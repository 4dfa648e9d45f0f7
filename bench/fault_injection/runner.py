"""Runs the real processes under seeded faults and checks that nothing is lost, duplicated or left undelivered.

``python -m bench.fault_injection.runner --seed 1 --seconds 120`` runs on SQLite and then on PostgreSQL. ``--undo RULE``
disables one rule of safe delivery in the processes it starts; then a check has to fail. ``--prove`` does that for every
rule and prints the table.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.fault_injection import disable_rule, scenario
from bench.fault_injection.draining import wait_until_drained
from bench.fault_injection.faults import FaultPlan
from bench.fault_injection.installation import Installation
from bench.fault_injection.journal import Journal
from bench.fault_injection.machine_share import MachineShare
from bench.fault_injection.observations import PageObservations, list_unheard
from bench.fault_injection.retrying_browser import RetryingBrowser
from bench.fault_injection.simulated_users import SimulatedAgent, SimulatedCustomer
from bench.fault_injection.verify import CHECKS, Verdict, Verifier

DRAIN_TIMEOUT_SECONDS = 120.0  # of its own time, in which everything has to be delivered; later is late
PRODUCTION_DRAIN_TIMEOUT_SECONDS = 600.0  # the same with production's lease and hold-off
LOST_AFTER_SECONDS = 300.0  # more, after which what is still missing is lost
FAULTS_END_AFTER_SECONDS = 60.0  # of these; until then a fifth of all posts to Slack still fail
DISABLED_RULE_DRAIN_TIMEOUT_SECONDS = 45.0  # enough to see what a missing rule causes
RECONCILE_EVERY_SECONDS = 10.0
QUIET_SECONDS = 4.0  # and the hold-off, without any change before the run ends, so that late duplicates are seen too
MAX_FINDINGS = 4  # printed of each check


def main() -> int:
    """Run what the command line asks for; the exit status, 0 when every check has the expected result."""
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended by SIGTERM."))
    if arguments.prove:
        return _prove_checks(arguments)
    databases = ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,)
    if arguments.undo and arguments.database == "both":
        databases = ("sqlite",)
    verdicts = [print_report(run_database(arguments, database, arguments.undo)) for database in databases]
    return 1 if any(verdict.failed for verdict in verdicts) else 0


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The options of one run; ``words`` instead of those of the command line."""
    parser = argparse.ArgumentParser(prog="bench.fault_injection.runner", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=120, help="how long users act and faults occur")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument(
        "--undo", choices=sorted(disable_rule.RULES), default="", help="disable one rule; a check must fail"
    )
    parser.add_argument("--prove", action="store_true", help="disable every rule in turn and show which check failed")
    parser.add_argument("--pace", type=float, default=4.0, help="average seconds between two actions of a user")
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two faults of processes")
    parser.add_argument("--lost", type=float, default=0.03, help="share of Slack's events that are lost")
    parser.add_argument(
        "--calm", action="store_true", help="leave the processes alone; only Slack and the mail server fail"
    )
    parser.add_argument("--skew", type=float, default=0.0, help="seconds by which the portal's clocks are off Slack's")
    parser.add_argument("--production", action="store_true", help="lease and hold-off as they are by default")
    parser.add_argument(
        "--disk", action="store_true", help="keep the database on a small disk, which becomes full (needs root)"
    )
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return parser.parse_args(words)


def _prove_checks(arguments: argparse.Namespace) -> int:
    rows = []
    for name, rule in disable_rule.RULES.items():
        verdict = print_report(run_database(arguments, "sqlite", name))
        rows.append((name, rule.check, verdict.failed, len(verdict.findings[rule.check])))
    print(f"\n{'rule disabled':16} {'check that must fail':22} {'findings':>8}  all that failed")
    for name, check, failed, count in rows:
        noticed = "" if check in failed else "   NOT NOTICED"
        print(f"{name:16} {check:22} {count:8}  {', '.join(failed) or '-'}{noticed}")
    return 0 if all(check in failed for _, check, failed, _ in rows) else 1


def run_database(arguments: argparse.Namespace, database: str, disabled_rule: str) -> Verdict:
    """Run one installation on ``database`` under the faults of ``arguments``, and check it."""
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-faults-"))
    without = f", without {disabled_rule}" if disabled_rule else ""
    print(f"\n{database}, seed {arguments.seed}, {arguments.seconds:g} s{without}", flush=True)
    try:
        with Installation(
            folder,
            database,
            disabled_rule,
            skew=arguments.skew,
            production=arguments.production,
            small_disk=arguments.disk,
        ) as installation:
            return verify_run(installation, arguments, disabled_rule)
    finally:
        if arguments.keep:
            print(f"  logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def verify_run(
    installation: Installation,
    arguments: argparse.Namespace,
    disabled_rule: str = "",
    make_plan: Callable[[Installation, Journal], FaultPlan] | None = None,
) -> Verdict:
    """Let people work under the faults of ``arguments``, or of ``make_plan``, and check what has become of it."""
    journal, words = Journal(), scenario.WordGenerator()
    kinds = [(person, SimulatedCustomer) for person in scenario.CUSTOMERS] + [
        (person, SimulatedAgent) for person in scenario.AGENTS
    ]
    actors = [kind(person, installation, journal, words, str(arguments.seed), arguments.pace) for person, kind in kinds]
    more = disable_rule.RULES[disabled_rule].against if disabled_rule else ()
    fault_plan = (
        make_plan(installation, journal)
        if make_plan
        else FaultPlan(
            installation,
            journal,
            arguments.seed,
            arguments.seconds,
            arguments.lost,
            arguments.calm,
            more,
            arguments.every,
        )
    )
    share = MachineShare()
    share.start()
    until = time.monotonic() + arguments.seconds
    for actor in actors:
        actor.start_until(until)
    fault_plan.start_faults()
    while any(actor.is_alive() for actor in actors):
        fault_plan.run_due()
        _record_threads(installation, journal)
        time.sleep(0.2)
        if time.monotonic() > until and not fault_plan.is_over:
            fault_plan.end_process_faults()
    fault_plan.end_process_faults()
    verifier = Verifier(journal, share.was_starved)
    drain_phase = _DrainPhase(installation, fault_plan, reconciles=bool(arguments.lost))
    promised = PRODUCTION_DRAIN_TIMEOUT_SECONDS if arguments.production else DRAIN_TIMEOUT_SECONDS
    drained = wait_until_drained(
        verifier.list_missing,
        installation.read_records,
        DISABLED_RULE_DRAIN_TIMEOUT_SECONDS if disabled_rule else promised,
        0.0 if disabled_rule else LOST_AFTER_SECONDS,
        installation.hold_off + QUIET_SECONDS,
        drain_phase,
        share.clock,
    )
    browsers = {actor.person.email: actor.browser for actor in actors}
    if not disabled_rule:
        if arguments.lost:
            _wait_until_heard(installation, journal, browsers, share.clock)
        installation.control("expire")  # after which the portal has to show everything nevertheless
        installation.run("bench.fault_injection.reconcile")
    pages = PageObservations(journal, browsers, time.monotonic() + 60)
    wrong = [wrong for actor in actors for wrong in actor.errors]
    verdict = verifier.verdict(drained.records, pages, drained, wrong)
    verdict.facts.update(fault_plan.measurements())
    verdict.findings["limits"] = fault_plan.list_overruns(share.given_between)
    moved = sum(1 for ticket in journal.list_filed() if ticket.moved_from)
    share.stop()
    verdict.facts["share of machine"] = f"{share.mean():.2f}"
    verdict.facts["faults"] = dict(fault_plan.fault_counts) | {"tickets moved": moved}
    if drained.after is None:
        print(installation.run("bench.fault_injection.pending_work"))
    return verdict


class _DrainPhase:
    """What runs while the rest is delivered: reconciliation now and then, and after a while no more faults."""

    def __init__(self, installation: Installation, fault_plan: FaultPlan, reconciles: bool):
        self.installation, self.fault_plan, self.reconciles = installation, fault_plan, reconciles
        self.next_reconcile_at = 0.0
        self.faults_end_at = time.monotonic() + FAULTS_END_AFTER_SECONDS

    def __call__(self, missing: list[str]) -> None:
        if self.faults_end_at and time.monotonic() > self.faults_end_at:
            self.fault_plan.stop_faults()
            self.faults_end_at = 0.0
        if missing and self.reconciles and time.monotonic() >= self.next_reconcile_at:
            self.installation.run("bench.fault_injection.reconcile")
            self.next_reconcile_at = time.monotonic() + RECONCILE_EVERY_SECONDS


def _wait_until_heard(
    installation: Installation, journal: Journal, browsers: dict[str, RetryingBrowser], clock: Callable[[], float]
) -> None:
    """Compare with Slack until the portal shows every note that was typed there; only its page tells of one."""
    until = clock() + DRAIN_TIMEOUT_SECONDS
    while list_unheard(journal, browsers, time.monotonic() + 60) and clock() < until:
        installation.run("bench.fault_injection.reconcile")
        time.sleep(QUIET_SECONDS)


def _record_threads(installation: Installation, journal: Journal) -> None:
    """Record the threads of the tickets' cards, so that agents can answer in them. At most once a second."""
    now = time.monotonic()
    if now - getattr(_record_threads, "last", 0) < 1.0:
        return
    _record_threads.last = now
    for channel, roots in installation.read_records("roots").items():
        for root in roots:
            for word in root["words"]:
                threads = journal.tickets[word].threads if word in journal.tickets else {}
                if root["ts"] not in journal.deleted_roots and threads.get(channel, "") in {"", *journal.deleted_roots}:
                    threads[channel] = root["ts"]


def print_report(verdict: Verdict) -> Verdict:
    """Print the facts and what each check found."""
    for name, value in verdict.facts.items():
        print(f"  {name:18} {value}")
    for name, what in CHECKS.items():
        found = verdict.findings[name]
        print(f"  {'FAILED' if found else 'ok':7} {name:12} {what}" + (f" ({len(found)} findings)" if found else ""))
        for one in found[:MAX_FINDINGS]:
            print(f"            {one}")
    sys.stdout.flush()
    return verdict


if __name__ == "__main__":
    sys.exit(main())
