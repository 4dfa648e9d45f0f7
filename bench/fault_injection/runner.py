"""Nothing lost, nothing doubled, nobody waiting: the real processes under seeded faults, judged from the outside.

``python -m bench.fault_injection.runner --seed 1 --seconds 120`` runs on SQLite and then on PostgreSQL. ``--undo RULE`` undoes one rule of safe
delivery in the rig's processes; then a check has to fail. ``--prove`` does that for every rule and prints the table.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.fault_injection import disable_rule, scenario
from bench.fault_injection.faults import FaultPlan
from bench.fault_injection.installation import HOLD_OFF_SECONDS, Installation
from bench.fault_injection.journal import Journal
from bench.fault_injection.observations import PageObservations
from bench.fault_injection.simulated_users import SimulatedAgent, SimulatedCustomer
from bench.fault_injection.verify import CHECKS, Verdict, Verifier, wait_until_drained

DRAIN_TIMEOUT_SECONDS = 120.0  # seconds in which everything has to be out
FAULTS_END_AFTER_SECONDS = (
    60.0  # of these, in which Slack and the mail server go on misbehaving: a fifth of all posts go wrong
)
DISABLED_RULE_DRAIN_TIMEOUT_SECONDS = 45.0  # enough to see what a missing rule does
RECONCILE_EVERY_SECONDS = 10.0
QUIET_SECONDS = HOLD_OFF_SECONDS + 4.0  # so long nothing must have moved, so that late doubles are seen too
MAX_FINDINGS = 4  # findings printed of each check


def main() -> int:
    """Run what the command line asks for; 0 when everything is as it should be."""
    asked = _parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Told to end (SIGTERM)."))
    if asked.prove:
        return _prove_checks(asked)
    databases = ("sqlite", "postgresql") if asked.database == "both" else (asked.database,)
    if asked.undo and asked.database == "both":
        databases = ("sqlite",)
    verdicts = [_print_report(_run_database(asked, database, asked.undo)) for database in databases]
    return 1 if any(verdict.failed for verdict in verdicts) else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.fault_injection.runner", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=120, help="how long people act and things break")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument(
        "--undo", choices=sorted(disable_rule.RULES), default="", help="undo one rule; a check must fail"
    )
    parser.add_argument("--prove", action="store_true", help="undo every rule in turn and show which check noticed")
    parser.add_argument("--pace", type=float, default=4.0, help="seconds between two things somebody does, on average")
    parser.add_argument("--lost", type=float, default=0.03, help="share of Slack's events that are lost")
    parser.add_argument("--calm", action="store_true", help="leave the processes alone; only the outside misbehaves")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return parser.parse_args()


def _prove_checks(asked: argparse.Namespace) -> int:
    rows = []
    for name, rule in disable_rule.RULES.items():
        verdict = _print_report(_run_database(asked, "sqlite", name))
        rows.append((name, rule.check, verdict.failed, len(verdict.findings[rule.check])))
    print(f"\n{'rule undone':16} {'check that must fail':22} {'findings':>8}  all that failed")
    for name, check, failed, count in rows:
        noticed = "" if check in failed else "   NOT NOTICED"
        print(f"{name:16} {check:22} {count:8}  {', '.join(failed) or '-'}{noticed}")
    return 0 if all(check in failed for _, check, failed, _ in rows) else 1


def _run_database(asked: argparse.Namespace, database: str, undone: str) -> Verdict:
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-faults-"))
    print(f"\n{database}, seed {asked.seed}, {asked.seconds:g} s{f', without {undone}' if undone else ''}", flush=True)
    try:
        with Installation(folder, database, undone) as there:
            return _verify_run(there, asked, undone)
    finally:
        if asked.keep:
            print(f"  logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _verify_run(there: Installation, asked: argparse.Namespace, undone: str) -> Verdict:
    ledger, words = Journal(), scenario.WordGenerator()
    kinds = [(person, SimulatedCustomer) for person in scenario.CUSTOMERS] + [
        (person, SimulatedAgent) for person in scenario.AGENTS
    ]
    actors = [kind(person, there, ledger, words, str(asked.seed), asked.pace) for person, kind in kinds]
    more = disable_rule.RULES[undone].against if undone else ()
    trouble = FaultPlan(there, ledger, asked.seed, asked.seconds, asked.lost, asked.calm, more)
    until = time.monotonic() + asked.seconds
    for actor in actors:
        actor.begin(until)
    trouble.begin()
    while any(actor.is_alive() for actor in actors):
        trouble.work()
        _record_threads(there, ledger)
        time.sleep(0.2)
        if time.monotonic() > until and not trouble.is_over:
            trouble.mend()
    trouble.mend()
    judge = Verifier(ledger)
    evening = _DrainPhase(there, trouble, catches_up=bool(asked.lost))
    records, after, missing = wait_until_drained(
        judge,
        there.seen,
        DISABLED_RULE_DRAIN_TIMEOUT_SECONDS if undone else DRAIN_TIMEOUT_SECONDS,
        QUIET_SECONDS,
        evening,
    )
    browsers = {actor.person.email: actor.browser for actor in actors}
    pages = PageObservations(ledger, browsers, time.monotonic() + 60)
    wrong = [wrong for actor in actors for wrong in actor.wrong]
    verdict = judge.verdict(records, pages, after, missing, wrong)
    verdict.facts["struck"] = dict(trouble.struck)
    if after is None:
        print(there.run("bench.fault_injection.pending_work"))
    return verdict


class _DrainPhase:
    """What happens while the rest leaves: the reconciler has a turn now and then, and after a while the outside behaves."""

    def __init__(self, there: Installation, trouble: FaultPlan, catches_up: bool):
        self.there, self.trouble, self.catches_up = there, trouble, catches_up
        self.turn_at = 0.0
        self.dusk_until = time.monotonic() + FAULTS_END_AFTER_SECONDS

    def __call__(self, missing: list[str]) -> None:
        if self.dusk_until and time.monotonic() > self.dusk_until:
            self.trouble.end()
            self.dusk_until = 0.0
        if missing and self.catches_up and time.monotonic() >= self.turn_at:
            self.there.run("bench.fault_injection.reconcile")
            self.turn_at = time.monotonic() + RECONCILE_EVERY_SECONDS


def _record_threads(there: Installation, ledger: Journal) -> None:
    """Look where the tickets' cards stand, so that agents can answer below them."""
    now = time.monotonic()
    if now - getattr(_record_threads, "last", 0) < 1.0:
        return
    _record_threads.last = now
    for channel, roots in there.seen("roots").items():
        for root in roots:
            for word in root["words"]:
                if word in ledger.cases:
                    ledger.cases[word].threads.setdefault(channel, root["ts"])


def _print_report(verdict: Verdict) -> Verdict:
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
