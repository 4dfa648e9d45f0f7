"""Make the macros of templates/macros available to every template by their file's name: ``ui.icon("reply")``.

A template could import them itself, but then every fragment of every page would repeat the cost of the import.
"""

from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment


class MacroFile:
    """The macros of one file, loaded at their first use."""

    def __init__(self, environment: Environment, path: str) -> None:
        self._environment, self._path = environment, path

    def __getattr__(self, name: str) -> Any:
        """Load the file; its macros then become ordinary attributes."""
        module = self._environment.get_template(self._path).module
        self.__dict__.update(vars(module))
        if name not in self.__dict__:
            raise AttributeError(name)
        return self.__dict__[name]


def register(app: Flask) -> None:
    """Make every file of templates/macros available."""
    folder = Path(app.root_path, app.template_folder, "macros")
    app.jinja_env.globals |= {
        path.stem: MacroFile(app.jinja_env, f"macros/{path.name}") for path in folder.glob("*.html")
    }
