"""One transaction per request: read-only for GET, HEAD, OPTIONS and previews. Only views commit."""

from flask import request

from helpdesk.database import transactions

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
READ_ONLY_POSTS = {"markdown_preview.preview_markdown"}  # for which nobody has to wait for SQLite's write lock


def set_transaction_mode() -> None:
    """Set the transaction mode of a request before anything uses the database."""
    if request.method in SAFE_METHODS or request.endpoint in READ_ONLY_POSTS:
        transactions.set_read_only()
    else:
        transactions.reset_transaction_mode()


def end_transaction_mode() -> None:
    """Leave the mode of the request that ends."""
    transactions.reset_transaction_mode()
