"""An environment of Jinja for each language, in which the sentences of templates are compiled as text.

The application has one environment. It hands templates out of the overlay for the language in use, which is made at
the first template in that language; templates include and extend each other within it.
"""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any

from flask.templating import Environment
from jinja2 import BytecodeCache, Template
from jinja2.bccache import Bucket

from helpdesk.translation.catalogues import Catalogue
from helpdesk.translation.current import current_catalogue

MAX_OVERLAYS = 30  # more than there are languages; tests make catalogues of their own
MakeGlobals = Callable[["LanguageEnvironment"], Mapping[str, Any]]


class LanguageEnvironment(Environment):
    """The environment of the application, and of one language of it if it has a ``catalogue``."""

    catalogue: Catalogue | None = None

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self.make_globals_of_language: list[MakeGlobals] = []
        self._overlays: dict[Catalogue, LanguageEnvironment] = {}

    def get_template(
        self, name: str | Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        """Load a template, in the language in use if this environment is for all."""
        if self.catalogue is None:
            return self.in_language().get_template(name, parent, globals)
        return super().get_template(name, parent, globals)

    def select_template(
        self,
        names: Iterable[str | Template],
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """Load the first template that there is."""
        if self.catalogue is None:
            return self.in_language().select_template(names, parent, globals)
        return super().select_template(names, parent, globals)

    def in_language(self) -> "LanguageEnvironment":
        """Return the environment of the language in use."""
        catalogue = current_catalogue.get()
        return self._overlays.get(catalogue) or self._add_overlay(catalogue)

    def _add_overlay(self, catalogue: Catalogue) -> "LanguageEnvironment":
        compiled = self.bytecode_cache
        overlay: LanguageEnvironment = self.overlay(  # type: ignore[assignment]  # of the same class
            bytecode_cache=_OfLanguage(compiled, catalogue.version) if compiled and catalogue.version else None
        )
        overlay.catalogue = catalogue
        overlay.globals = dict(self.globals)
        for make in self.make_globals_of_language:
            overlay.globals.update(make(overlay))
        if len(self._overlays) >= MAX_OVERLAYS:
            self._overlays.pop(next(iter(self._overlays)))
        return self._overlays.setdefault(catalogue, overlay)


class _OfLanguage(BytecodeCache):
    """Another cache of compiled templates, for one language."""

    def __init__(self, cache: BytecodeCache, version: str) -> None:
        self.cache, self.version = cache, version

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return f"{self.cache.get_cache_key(name, filename)}-{self.version}"

    def load_bytecode(self, bucket: Bucket) -> None:
        self.cache.load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.cache.dump_bytecode(bucket)
