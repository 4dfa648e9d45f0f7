"""The store of files in every test: nothing of the product calls it while its thread has a transaction open.

A store may answer late; a connection or a lock that is held meanwhile keeps others waiting.
"""

import sys
from pathlib import Path

from flask import has_app_context

from helpdesk import storage
from helpdesk.extensions import db

TESTS = str(Path(__file__).parent)
get_store = storage.get_store


class WatchedStore:
    """A store that refuses to be called within a transaction."""

    def __init__(self, store):
        self.store = store

    def __getattr__(self, name):
        if has_app_context() and db.session().in_transaction() and not is_called_by_test():
            raise AssertionError(f"storage.{name}() is called while a transaction is open")
        return getattr(self.store, name)


def is_called_by_test() -> bool:
    """Whether a test calls the storage itself, as it may."""
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__") in (__name__, storage.__name__):
        frame = frame.f_back
    return frame.f_code.co_filename.startswith(TESTS)


def install() -> None:
    """Watch the store from now on."""
    storage.get_store = lambda: WatchedStore(get_store())
