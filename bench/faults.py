"""Nothing lost, nothing doubled, nobody waiting: the real processes under seeded faults, judged from the outside.

``python -m bench.faults --seed 1 --seconds 120`` runs on SQLite and then on PostgreSQL. ``--undo RULE`` undoes one rule of safe
delivery in the rig's processes; then a check has to fail. ``--prove`` does that for every rule and prints the table.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.rig import undo, world
from bench.rig.actors import Agent, Customer
from bench.rig.evidence import Pages
from bench.rig.installation import HOLD_OFF, Installation
from bench.rig.judge import CHECKS, Judge, Verdict, drain
from bench.rig.ledger import Ledger
from bench.rig.trouble import Trouble

DRAIN = 120.0  # seconds in which everything has to be out
DUSK = 60.0  # of these, in which Slack and the mail server go on misbehaving: a fifth of all posts go wrong
DRAIN_UNDONE = 45.0  # enough to see what a missing rule does
CATCH_UP_EVERY = 10.0
QUIET = HOLD_OFF + 4.0  # so long nothing must have moved, so that late doubles are seen too
SHOWN = 4  # findings printed of each check


def main() -> int:
    """Run what the command line asks for; 0 when everything is as it should be."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Told to end (SIGTERM)."))
    if asked.prove:
        return _prove(asked)
    databases = ("sqlite", "postgresql") if asked.database == "both" else (asked.database,)
    if asked.undo and asked.database == "both":
        databases = ("sqlite",)
    verdicts = [_report(_run(asked, database, asked.undo)) for database in databases]
    return 1 if any(verdict.failed for verdict in verdicts) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.faults", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=120, help="how long people act and things break")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--undo", choices=sorted(undo.UNDONE), default="", help="undo one rule; a check must fail")
    parser.add_argument("--prove", action="store_true", help="undo every rule in turn and show which check noticed")
    parser.add_argument("--pace", type=float, default=4.0, help="seconds between two things somebody does, on average")
    parser.add_argument("--lost", type=float, default=0.03, help="share of Slack's events that are lost")
    parser.add_argument("--calm", action="store_true", help="leave the processes alone; only the outside misbehaves")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return parser.parse_args()


def _prove(asked: argparse.Namespace) -> int:
    rows = []
    for name, rule in undo.UNDONE.items():
        verdict = _report(_run(asked, "sqlite", name))
        rows.append((name, rule.check, verdict.failed, len(verdict.findings[rule.check])))
    print(f"\n{'rule undone':16} {'check that must fail':22} {'findings':>8}  all that failed")
    for name, check, failed, count in rows:
        noticed = "" if check in failed else "   NOT NOTICED"
        print(f"{name:16} {check:22} {count:8}  {', '.join(failed) or '-'}{noticed}")
    return 0 if all(check in failed for _, check, failed, _ in rows) else 1


def _run(asked: argparse.Namespace, database: str, undone: str) -> Verdict:
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-faults-"))
    print(f"\n{database}, seed {asked.seed}, {asked.seconds:g} s{f', without {undone}' if undone else ''}", flush=True)
    try:
        with Installation(folder, database, undone) as there:
            return _judged(there, asked, undone)
    finally:
        if asked.keep:
            print(f"  logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _judged(there: Installation, asked: argparse.Namespace, undone: str) -> Verdict:
    ledger, words = Ledger(), world.Words()
    kinds = [(person, Customer) for person in world.CUSTOMERS] + [(person, Agent) for person in world.AGENTS]
    actors = [kind(person, there, ledger, words, str(asked.seed), asked.pace) for person, kind in kinds]
    more = undo.UNDONE[undone].against if undone else ()
    trouble = Trouble(there, ledger, asked.seed, asked.seconds, asked.lost, asked.calm, more)
    until = time.monotonic() + asked.seconds
    for actor in actors:
        actor.begin(until)
    trouble.begin()
    while any(actor.is_alive() for actor in actors):
        trouble.work()
        _find_threads(there, ledger)
        time.sleep(0.2)
        if time.monotonic() > until and not trouble.is_over:
            trouble.mend()
    trouble.mend()
    judge = Judge(ledger)
    evening = _Evening(there, trouble, catches_up=bool(asked.lost))
    records, after, missing = drain(judge, there.seen, DRAIN_UNDONE if undone else DRAIN, QUIET, evening)
    browsers = {actor.person.email: actor.browser for actor in actors}
    pages = Pages(ledger, browsers, time.monotonic() + 60)
    wrong = [wrong for actor in actors for wrong in actor.wrong]
    verdict = judge.verdict(records, pages, after, missing, wrong)
    verdict.facts["struck"] = dict(trouble.struck)
    if after is None:
        print(there.run("bench.rig.waiting"))
    return verdict


class _Evening:
    """What happens while the rest leaves: the reconciler has a turn now and then, and after a while the outside behaves."""

    def __init__(self, there: Installation, trouble: Trouble, catches_up: bool):
        self.there, self.trouble, self.catches_up = there, trouble, catches_up
        self.turn_at = 0.0
        self.dusk_until = time.monotonic() + DUSK

    def __call__(self, missing: list[str]) -> None:
        if self.dusk_until and time.monotonic() > self.dusk_until:
            self.trouble.end()
            self.dusk_until = 0.0
        if missing and self.catches_up and time.monotonic() >= self.turn_at:
            self.there.run("bench.rig.catch_up")
            self.turn_at = time.monotonic() + CATCH_UP_EVERY


def _find_threads(there: Installation, ledger: Ledger) -> None:
    """Look where the tickets' cards stand, so that agents can answer below them."""
    now = time.monotonic()
    if now - getattr(_find_threads, "last", 0) < 1.0:
        return
    _find_threads.last = now
    for channel, roots in there.seen("roots").items():
        for root in roots:
            for word in root["words"]:
                if word in ledger.cases:
                    ledger.cases[word].threads.setdefault(channel, root["ts"])


def _report(verdict: Verdict) -> Verdict:
    for name, value in verdict.facts.items():
        print(f"  {name:18} {value}")
    for name, what in CHECKS.items():
        found = verdict.findings[name]
        print(f"  {'FAILED' if found else 'ok':7} {name:12} {what}" + (f" ({len(found)} findings)" if found else ""))
        for one in found[:SHOWN]:
            print(f"            {one}")
    sys.stdout.flush()
    return verdict


if __name__ == "__main__":
    sys.exit(main())
