"""A CSV file as a response that is sent while it is read from the database."""

from collections.abc import Iterator

from flask import Response, stream_with_context

from helpdesk.database import replica, transactions
from helpdesk.extensions import db


def stream_csv(pieces: Iterator[str], filename: str) -> Response:
    """Send ``pieces`` as the file ``filename``; each is read in a read-only transaction of its own.

    The first piece is read at once, so that an error in the query is an error page. Between two pieces, while a slow
    client reads, no transaction is open, and objects loaded before are gone: ``pieces`` must not keep any.
    """
    first = next(pieces, None)
    is_from_replica = replica.is_used()

    def stream() -> Iterator[str]:
        db.session.rollback()
        piece = first
        while piece is not None:
            yield piece
            with transactions.read_only(), replica.use(is_from_replica and replica.has_reached(0)):
                piece = next(pieces, None)

    response = Response(stream_with_context(stream()), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
