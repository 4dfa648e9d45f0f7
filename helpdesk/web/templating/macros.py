"""Make the macros of templates/macros available to every template by their file's name: ``ui.icon("reply")``.

A template could import them itself, but then every fragment of every page would repeat the cost of the import.
"""

from pathlib import Path
from typing import Any

from flask import Flask

from helpdesk.web.templating.environments import LanguageEnvironment


class MacroFile:
    """The macros of one file in one language, loaded at their first use."""

    def __init__(self, environment: LanguageEnvironment, path: str) -> None:
        self._environment, self._path = environment, path

    def __getattr__(self, name: str) -> Any:
        """Load the file; its macros then become ordinary attributes."""
        module = self._environment.get_template(self._path).module
        self.__dict__.update(vars(module))
        if name not in self.__dict__:
            raise AttributeError(name)
        return self.__dict__[name]


class MacrosInUse:
    """The macros of one file in the language in use, outside templates and in those that have no file."""

    def __init__(self, environment: LanguageEnvironment, name: str) -> None:
        self._environment, self._name = environment, name

    def __getattr__(self, name: str) -> Any:
        """Find the macro in the environment of the language."""
        return getattr(self._environment.in_language().globals[self._name], name)


def register(app: Flask) -> None:
    """Make every file of templates/macros available."""
    environment: LanguageEnvironment = app.jinja_env  # type: ignore[assignment]  # create_app names its class
    files = {
        path.stem: f"macros/{path.name}" for path in Path(app.root_path, app.template_folder, "macros").glob("*.html")
    }
    environment.globals |= {name: MacrosInUse(environment, name) for name in files}
    environment.make_globals_of_language.append(
        lambda overlay: {name: MacroFile(overlay, path) for name, path in files.items()}
    )
