"""``helpdesk reindex``: write the search index anew."""

import click
from flask.cli import with_appcontext

from helpdesk.cli.counted import counted
from helpdesk.domain.search_index import names, reindexing
from helpdesk.extensions import db


@click.command()
@with_appcontext
def reindex() -> None:
    """Index every ticket and every name for the search anew, tickets newest first. The site may run meanwhile."""
    names.renew_names(db.session.connection())
    reindexing.start_reindexing(db.session.connection())
    db.session.commit()
    count = 0
    while batch := reindexing.reindex_next_batch(db.session.connection()):
        db.session.commit()
        count += batch
    db.session.commit()
    click.echo(f"{counted(count, 'ticket is', 'tickets are')} indexed.")
