"""Templates are compiled once for every test's application, as a server does that lives for weeks.

Each test has an application of its own; without this, each would compile the same templates anew.
"""

import gc

from flask import Flask
from jinja2 import BytecodeCache


class Templates(BytecodeCache):
    """Compiled templates; Jinja's key is the name, and it compares a checksum of the source."""

    def __init__(self):
        self.compiled = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket):
        self.compiled[bucket.key] = bucket.bytecode_to_string()


def install() -> None:
    """From here on this process compiles everything once, and looks for garbage less often."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}
    gc.set_threshold(20_000, 20, 20)
