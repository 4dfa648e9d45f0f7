"""Breaks one line at a time in a copy of the tree and checks that the named tests fail.

    python -m tests.mutants            every break of breaks.toml
    python -m tests.mutants --short    those marked short
    python -m tests.mutants --table    none, but print which test notices which
    python -m tests.mutants lease      those whose name or file has the word

First the named tests must pass unbroken. Ends with 1 when a break was not noticed or could not be tried.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.breaks import ROOT, Break, load

BROWSER_FILES = "helpdesk/static/vendor"  # fetched, so not among the files under version control
SECONDS = 600  # for the tests of one break


def main() -> int:
    """Try the chosen breaks; print one line each."""
    options = _options()
    chosen = [
        each
        for each in load()
        if (each.short or not options.short) and all(w in f"{each.name} {each.file}" for w in options.words)
    ]
    if options.table:
        print("| Break | In | Noticed by |\n|---|---|---|")
        print(*(f"| {each.name} | `{each.file}` | `{'`, `'.join(each.tests)}` |" for each in chosen), sep="\n")
        return 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: queue.Queue[Path] = queue.Queue()
        for number in range(options.processes):
            copies.put(_copy_tree(Path(folder) / str(number)))
        if not options.no_baseline:
            first = copies.queue[0]
            result = _run_tests(first, sorted({test for each in chosen for test in each.tests}))
            if result.returncode != 0:
                print(result.stdout[-4000:], "The tests do not pass unbroken.", sep="\n")
                return 1
        with ThreadPoolExecutor(options.processes) as pool:
            failures = sum(not ok for ok in pool.map(lambda each: _try(each, copies), chosen))
    print(f"{len(chosen) - failures} of {len(chosen)} breaks noticed, {time.monotonic() - began:.0f} s")
    return 1 if failures or not chosen else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("words", nargs="*", help="only breaks whose name or file has all of these words")
    parser.add_argument("--short", action="store_true", help="only the breaks marked short")
    parser.add_argument("--table", action="store_true", help="print the breaks and their tests, and try none")
    parser.add_argument("--no-baseline", action="store_true", help="do not run the tests unbroken first")
    parser.add_argument("--processes", type=int, default=min(4, os.cpu_count() or 1))
    return parser.parse_args()


def _copy_tree(folder: Path) -> Path:
    """A copy of every file under version control or about to be, and of the fetched browser files."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    shutil.copytree(ROOT / BROWSER_FILES, folder / BROWSER_FILES, dirs_exist_ok=True)
    return folder


def _try(each: Break, copies: "queue.Queue[Path]") -> bool:
    """Apply one break in a free copy, run its tests, restore. True when they went red."""
    folder = copies.get()
    path = folder / each.file
    whole = path.read_text()
    try:
        path.write_text(each.apply(whole))
        code = _run_tests(folder, list(each.tests), "-x").returncode
    except ValueError as error:
        print(f"STALE     {each.name}: {error}", flush=True)
        return False
    finally:
        path.write_text(whole)
        copies.put(folder)
    verdict = {0: "SURVIVED", 1: "noticed"}.get(code, f"ERROR {code}")
    print(f"{verdict:9} {each.name}", flush=True)
    return code == 1


def _run_tests(folder: Path, tests: list[str], *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *more, *tests]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
