"""One transaction per request: read-only for GET, HEAD, OPTIONS and previews. Only views commit."""

from flask import Flask, request

from helpdesk.database import transactions

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
READ_ONLY_POSTS = {"markdown_preview.preview_markdown"}  # for which nobody has to wait for SQLite's write lock


def register(app: Flask) -> None:
    """Set the transaction mode of a request before anything uses the database."""

    @app.before_request
    def set_transaction_mode() -> None:
        if request.method in SAFE_METHODS or request.endpoint in READ_ONLY_POSTS:
            transactions.set_read_only()
        else:
            transactions.reset_transaction_mode()

    @app.teardown_request
    def reset_transaction_mode(_error: BaseException | None) -> None:
        transactions.reset_transaction_mode()
