"""``helpdesk seed``: fill the database with realistic data, in any amount."""

import time

import click
from flask.cli import with_appcontext

from helpdesk.demo.seed import bulk_data


@click.command()
@click.option("--organizations", type=click.IntRange(1, 100_000), default=20, show_default=True)
@click.option("--tickets", type=click.IntRange(0, 10_000_000), default=1_000, show_default=True)
@click.option(
    "--messages",
    type=click.IntRange(1, 400),
    default=4,
    show_default=True,
    help="Messages a ticket has on average.",
)
@click.option("--random-seed", type=int, default=1, show_default=True, help="The same number gives the same data.")
@with_appcontext
def seed(organizations: int, tickets: int, messages: int, random_seed: int) -> None:
    """Fill the database with organizations, people, tickets and conversations. Nothing is sent anywhere."""
    started = time.monotonic()
    summary = bulk_data.seed_bulk_data(
        organizations=organizations, tickets=tickets, messages=messages, random_seed=random_seed
    )
    click.echo(f"Made {summary} in {time.monotonic() - started:.1f} s.")
