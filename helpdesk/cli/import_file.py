"""``helpdesk import``: bring organizations, people and tickets from another system (docs/import.md)."""

from collections import Counter
from pathlib import Path

import click
from flask.cli import with_appcontext

from helpdesk.cli.counted import counted
from helpdesk.domain.imports import apply, check

KINDS = ("organization", "person", "ticket")
PLURALS = {"organization": "organizations", "person": "people", "ticket": "tickets"}
OUTCOMES = ("added", "matched", "present")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="", help="Name of the system it comes from; the name of the file by default.")
@click.option("--dry-run", is_flag=True, help="Check every line and change nothing.")
@click.option("--skip-wrong", is_flag=True, help="Leave lines with a problem out instead of importing nothing.")
@with_appcontext
def import_file(file: Path, source: str, dry_run: bool, skip_wrong: bool) -> None:
    """Import FILE, one JSON object a line. Interrupted, it goes on where it was when it is called again."""
    source = (source or file.stem)[:80]
    with file.open("rb") as stream:
        report = check.check_file(stream, source=source, folder=file.parent)
    _print_report(report)
    if report.problems and not (skip_wrong and not dry_run):
        lines = counted(len(report.problems), "line has", "lines have")
        raise click.ClickException(f"{lines} a problem; nothing is imported.")
    if dry_run:
        click.echo("Nothing is changed: this was a dry run.")
        return
    counts: Counter[tuple[str, str]] = Counter()
    with file.open("rb") as stream:
        for number, kind, outcome in apply.import_records(stream, source=source, folder=file.parent):
            if outcome not in OUTCOMES:
                click.echo(f"line {number}: {outcome}", err=True)
            counts[kind, outcome if outcome in OUTCOMES else "left out"] += 1
            if sum(counts.values()) % 1000 == 0:
                click.echo(f"{counted(sum(counts.values()), 'line is', 'lines are')} done.")
    for kind in KINDS:
        parts = [f"{counts[kind, each]:,} {each}" for each in (*OUTCOMES, "left out") if counts[kind, each]]
        if parts:
            click.echo(f"{PLURALS[kind]}: {', '.join(parts)}")


def _print_report(report: check.ImportReport) -> None:
    for kind in KINDS:
        if report.counts[kind]:
            present, matched = report.present[kind], report.matched[kind]
            known = f", of which {counted(present, 'was', 'were')} imported before" if present else ""
            known += f", {counted(matched, 'is', 'are')} here already" if matched else ""
            click.echo(f"{counted(report.counts[kind], kind, PLURALS[kind])}{known}")
    if report.renumbered:
        is_one = report.renumbered == 1
        sentence = "gets another number, since its own is" if is_one else "get another number, since theirs is"
        click.echo(f"{counted(report.renumbered, 'ticket', 'tickets')} {sentence} taken here.")
    for number, sentence in report.problems:
        click.echo(f"line {number}: {sentence}", err=True)
