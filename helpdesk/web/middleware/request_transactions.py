"""One transaction a request: GET and HEAD only read, everything else may write; a view commits, nobody else."""

from flask import Flask, request

from helpdesk.database import transactions

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def register(app: Flask) -> None:
    """Choose how a request's transaction begins, before anything touches the database."""

    @app.before_request
    def begin() -> None:
        if request.method in SAFE_METHODS:
            transactions.set_read_only()
        else:
            transactions.reset_transaction_mode()

    @app.teardown_request
    def end(_error) -> None:
        transactions.reset_transaction_mode()
