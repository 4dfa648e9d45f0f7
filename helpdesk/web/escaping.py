"""How a value is written into a page: escaped as ever, but without a wrapper for what is only passed on to be joined.

Jinja has every word of a page escaped and wrapped once more in Markup, five hundred times for a list of tickets.
"""

from flask import Flask
from jinja2.compiler import CodeGenerator
from markupsafe import Markup, escape


class Generator(CodeGenerator):
    """Compiles templates so that what they print goes through ``escaped``."""

    def _output_child_pre(self, node, frame, finalize) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


def register(app: Flask) -> None:
    """Compile this application's templates so."""
    app.jinja_env.code_generator_class = Generator
    app.jinja_env.extend(escaped=escaped)


def escaped(value: object) -> str:
    """``value`` as safe HTML, exactly as ``markupsafe.escape`` has it."""
    kind = type(value)
    if kind is str:
        if "<" in value or "&" in value or ">" in value or '"' in value or "'" in value:
            return escape(value)
        return value
    if kind is Markup:
        return value
    return str(value) if kind is int else escape(value)
