"""List deliveries that are not done, with the reason; release, retry or skip them, one or many at once."""

from collections.abc import Callable

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from helpdesk.cli.counted import counted
from helpdesk.database.row_ids import is_id
from helpdesk.domain import outbox
from helpdesk.domain.errors import ConflictError
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import UNFINISHED_STATES, Delivery, DeliveryState
from helpdesk.models.thread import Thread

MAX_ROWS = 100
BATCH_SIZE = 200  # of one transaction
NEEDING_A_PERSON = (DeliveryState.on_hold, DeliveryState.failed)
STATES = click.Choice([state.value for state in DeliveryState])


@click.group(invoke_without_command=True)
@click.option("--state", type=STATES, help="Only those in this state.")
@click.option("--limit", type=click.IntRange(0), default=MAX_ROWS, show_default=True, help="How many; 0 lists all.")
@click.pass_context
def deliveries(context: click.Context, state: str | None, limit: int) -> None:
    """List what has not been delivered yet, oldest first."""
    if context.invoked_subcommand is None:
        context.invoke(list_deliveries, state=state, limit=limit)


@deliveries.command("show", hidden=True)
@click.option("--state")
@click.option("--limit", type=int, default=MAX_ROWS)
@with_appcontext
def list_deliveries(state: str | None, limit: int) -> None:
    """Print deliveries, oldest first, and how many are left."""
    states = (state,) if state else UNFINISHED_STATES
    total = db.session.scalar(select(func.count()).where(Delivery.state.in_(states))) or 0
    query = select(Delivery).where(Delivery.state.in_(states)).order_by(Delivery.id).limit(limit or None)
    query = query.options(joinedload(Delivery.thread).joinedload(Thread.user)).execution_options(yield_per=BATCH_SIZE)
    for delivery in db.session.scalars(query):
        ticket = f"#{delivery.thread.ticket_id}" if delivery.thread else "-"
        click.echo(
            f"{delivery.id:>8}  {delivery.state:9} {ticket:>7}  {delivery.kind:12} to {delivery.label}, "
            f"{counted(delivery.attempts, 'try', 'tries')}, since {delivery.created_at:%Y-%m-%d %H:%M} UTC"
            + (f": {delivery.reason}" if delivery.reason else "")
        )
    if total == 0:
        click.echo(f"Nothing is {state.replace('_', ' ')}." if state else "Nothing waits.")
    elif limit and total > limit:
        click.echo(f"... and {total - limit} more; --limit 0 lists all.")


def _add_command(name: str, help_text: str, act: Callable[[Delivery], None], done: str) -> None:
    """Add the command ``name``, which does ``act`` to the deliveries that are named or chosen."""

    @deliveries.command(name, help=help_text)
    @click.argument("ids", metavar="[ID]...", type=int, nargs=-1)
    @click.option("--all", "is_all", is_flag=True, help="All that are on hold or failed.")
    @click.option("--state", type=STATES, help="All in this state.")
    @click.option("--kind", help="Of all, only this kind: message, card, sign_in ...")
    @click.option("--channel", help="Of all, only those to a channel of this kind: slack, email ...")
    @click.option("--ticket", type=int, help="Of all, only those of this ticket.")
    @with_appcontext
    def run(
        ids: tuple[int, ...],
        is_all: bool,
        state: str | None,
        kind: str | None,
        channel: str | None,
        ticket: int | None,
    ) -> None:
        if bool(ids) == bool(is_all or state or kind or channel or ticket):
            raise click.UsageError("Name the ids, or choose by --all, --state, --kind, --channel or --ticket.")
        chosen = list(ids) if ids else _choose(state, kind, channel, ticket)
        count = 0
        for start in range(0, len(chosen), BATCH_SIZE):
            count += sum(_act_on(act, id, is_named=bool(ids)) for id in chosen[start : start + BATCH_SIZE])
            db.session.commit()
        if len(ids) == 1:
            click.echo(f"Delivery {ids[0]} to {db.session.get_one(Delivery, ids[0]).label} {done}.")
        else:
            click.echo(f"{counted(count, 'delivery', 'deliveries')}: {'' if count == 1 else 'each '}{done}.")


def _choose(state: str | None, kind: str | None, channel: str | None, ticket: int | None) -> list[int]:
    query = select(Delivery.id).where(Delivery.state.in_((state,) if state else NEEDING_A_PERSON)).order_by(Delivery.id)
    if kind:
        query = query.where(Delivery.kind == kind)
    if channel or ticket:
        query = query.join(Thread, Thread.id == Delivery.thread_id)
    if channel:
        query = query.join(Channel, Channel.id == Thread.channel_id).where(Channel.kind == channel)
    if ticket:
        query = query.where(Thread.ticket_id == ticket)
    return list(db.session.scalars(query))


def _act_on(act: Callable[[Delivery], None], id: int, is_named: bool) -> bool:
    """Do ``act``. Of those that were chosen, one that was finished meanwhile is left out."""
    delivery = db.session.get(Delivery, id) if is_id(id) else None
    if delivery is None:
        if is_named:
            raise click.ClickException(f"There is no delivery {id}.")
        return False
    try:
        act(delivery)
    except ConflictError:
        if is_named:
            raise
        return False
    return True


def _retry(delivery: Delivery) -> None:
    if delivery.state == DeliveryState.on_hold:
        outbox.release_delivery(delivery, actor=None)
    else:
        outbox.retry_delivery(delivery, actor=None)


def _skip(delivery: Delivery) -> None:
    outbox.skip_delivery(delivery, actor=None)


_add_command(
    "retry",
    "Retry now. What may already have been sent is searched for first.",
    _retry,
    "is tried again",
)
_add_command(
    "release",
    "Release what is on hold after a restore. What may already have been sent is searched for first.",
    _retry,
    "is tried again",
)
_add_command("skip", "Leave out: it is never sent, and what waits behind it is.", _skip, "is left out")
