"""``helpdesk reindex``: write the search index anew."""

import click
from flask.cli import with_appcontext

from helpdesk.domain.search_index import reindexing
from helpdesk.extensions import db


@click.command()
@with_appcontext
def reindex() -> None:
    """Index every ticket for the search anew, the newest first. The site may run meanwhile."""
    reindexing.start_reindexing(db.session.connection())
    db.session.commit()
    count = 0
    while batch := reindexing.reindex_next_batch(db.session.connection()):
        db.session.commit()
        count += batch
    db.session.commit()
    click.echo(f"{count:,} tickets are indexed.")
