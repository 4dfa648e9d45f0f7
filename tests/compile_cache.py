"""What one process compiles once and every test's application uses again, as a server does that lives for weeks.

Each test has an application of its own. Without this, each would compile the same templates, statements and addresses anew, which
is most of what a test of a page costs. Nothing here knows a row, an answer or a setting: only what source code was made into.
"""

import gc

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache
from sqlalchemy import make_url
from werkzeug.routing import Rule

make_engine = SQLAlchemy._make_engine
compile_builder = Rule._compile_builder
engines, builders = {}, {}


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
    SQLAlchemy._make_engine = kept_engine
    Rule._compile_builder = kept_builder
    gc.set_threshold(20_000, 20, 20)


def kept_engine(extension, bind_key, options, app):
    """The engine for these very options (address, pool, patience); whoever used it last has disposed of its connections."""
    address = make_url(options["url"]).render_as_string(hide_password=False)
    key = (address, repr(sorted((name, value) for name, value in options.items() if name != "url")))
    if key not in engines:
        engines[key] = make_engine(extension, bind_key, options, app)
    return engines[key]


def kept_builder(rule, append_unknown=True):
    """What builds the addresses of ``rule``. It is bound to a rule, and its converters, only when it is used."""
    key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
    if key not in builders:
        builders[key] = compile_builder(rule, append_unknown)
    return builders[key]
