"""The macros of templates/macros, known to every template by their file's name: ``ui.icon("reply")``.

A template could import them itself, but each import is paid for again by every fragment of every page.
"""

from pathlib import Path

from flask import Flask
from jinja2 import Environment


class MacroFile:
    """The macros of one file, read at their first use."""

    def __init__(self, environment: Environment, path: str):
        self._environment, self._path = environment, path

    def __getattr__(self, name: str):
        """Reads the file; from then on its macros are ordinary attributes."""
        module = self._environment.get_template(self._path).module
        self.__dict__.update(vars(module))
        if name not in self.__dict__:
            raise AttributeError(name)
        return self.__dict__[name]


def register(app: Flask) -> None:
    """Make every file of templates/macros known."""
    folder = Path(app.root_path, app.template_folder, "macros")
    app.jinja_env.globals |= {
        path.stem: MacroFile(app.jinja_env, f"macros/{path.name}") for path in folder.glob("*.html")
    }
