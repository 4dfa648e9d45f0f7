"""List deliveries that are not done, with the reason, and retry them."""

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from helpdesk.domain import outbox
from helpdesk.extensions import db
from helpdesk.models.delivery import UNFINISHED_STATES, Delivery, DeliveryState
from helpdesk.models.thread import Thread

MAX_ROWS = 100


@click.group(invoke_without_command=True)
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="Only those in this state.")
@click.pass_context
def deliveries(context: click.Context, state: str | None) -> None:
    """List what has not been delivered yet, oldest first."""
    if context.invoked_subcommand is None:
        context.invoke(list_deliveries, state=state)


@deliveries.command("show", hidden=True)
@click.option("--state")
@with_appcontext
def list_deliveries(state: str | None) -> None:
    """Print up to MAX_ROWS deliveries, oldest first."""
    states = (state,) if state else UNFINISHED_STATES
    total = db.session.scalar(select(func.count()).where(Delivery.state.in_(states))) or 0
    query = select(Delivery).where(Delivery.state.in_(states)).order_by(Delivery.id).limit(MAX_ROWS)
    query = query.options(joinedload(Delivery.thread).joinedload(Thread.user))
    for delivery in db.session.scalars(query):
        ticket = f"#{delivery.thread.ticket_id}" if delivery.thread else "-"
        click.echo(
            f"{delivery.id:>8}  {delivery.state:9} {ticket:>7}  {delivery.kind:12} to {delivery.label}, "
            f"{delivery.attempts} tries, since {delivery.created_at:%Y-%m-%d %H:%M} UTC"
            + (f": {delivery.reason}" if delivery.reason else "")
        )
    if total == 0:
        click.echo(f"Nothing is {state.replace('_', ' ')}." if state else "Nothing waits.")
    elif total > MAX_ROWS:
        click.echo(f"... and {total - MAX_ROWS} more.")


@deliveries.command("retry")
@click.argument("delivery_id", metavar="ID", type=int)
@with_appcontext
def retry_delivery(delivery_id: int) -> None:
    """Retry the delivery ID now. A message that may already have been sent is searched for first."""
    delivery = db.session.get(Delivery, delivery_id) if 0 < delivery_id < 2**63 else None
    if delivery is None:
        raise click.ClickException(f"There is no delivery {delivery_id}.")
    if delivery.state == DeliveryState.on_hold:
        outbox.release_delivery(delivery, actor=None)
    else:
        outbox.retry_delivery(delivery, actor=None)
    db.session.commit()
    click.echo(f"Delivery {delivery_id} to {delivery.label} is tried again.")
