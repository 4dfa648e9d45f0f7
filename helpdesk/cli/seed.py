"""``helpdesk seed``: fill the database with realistic data, in any amount."""

import time

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from helpdesk.cli.counted import counted
from helpdesk.demo.seed import bulk_data
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


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
@click.option("--yes", is_flag=True, help="Do not ask, even if the database holds real data.")
@with_appcontext
def seed(organizations: int, tickets: int, messages: int, random_seed: int, yes: bool) -> None:
    """Fill the database with organizations, people, tickets and conversations. Nothing is sent anywhere."""
    if not yes and (real := _describe_real_data()):
        click.confirm(f"This database holds {real}. Mix made-up data into it, which cannot be undone?", abort=True)
    started = time.monotonic()
    made = bulk_data.seed_bulk_data(
        organizations=organizations, tickets=tickets, messages=messages, random_seed=random_seed
    )
    rows = _count_rows(made.people, made.organizations, made.tickets)
    written = counted(made.messages, "message", "messages")
    click.echo(f"Made {rows}, with {written}, in {time.monotonic() - started:.1f} s.")


def _describe_real_data() -> str | None:
    """What is there that no demo made, in words: its addresses do not end in .example, as made-up ones do."""
    real = select(func.count(User.id)).where(User.email.not_like("%.example"), User.email.not_like("%.invalid"))
    people = db.session.scalar(real) or 0
    if not people:
        return None
    counts = [db.session.scalar(select(func.count(model.id))) for model in (Organization, Ticket)]
    return _count_rows(people, counts[0] or 0, counts[1] or 0)


def _count_rows(people: int, organizations: int, tickets: int) -> str:
    of_organizations = counted(organizations, "organization", "organizations")
    return f"{counted(people, 'person', 'people')}, {of_organizations} and {counted(tickets, 'ticket', 'tickets')}"
