"""Parts of pages that are the same for all readers of a language: rendered once for each."""

from functools import lru_cache

from flask import Flask, current_app
from markupsafe import Markup

from helpdesk.translation.catalogues import Catalogue
from helpdesk.translation.current import current_catalogue


def register(app: Flask) -> None:
    """Let templates include such parts by ``fixed_part(template)``, and the icon of a status by ``status_icon``."""
    app.jinja_env.globals["fixed_part"] = lambda template: _render(template, current_catalogue.get())
    app.jinja_env.globals["status_icon"] = lambda value, for_team: _render_status_icon(
        value, for_team, current_catalogue.get()
    )


@lru_cache(maxsize=50)
def _render(template: str, _catalogue: Catalogue) -> Markup:
    return Markup(current_app.jinja_env.get_template(template).render())


@lru_cache(maxsize=500)
def _render_status_icon(value: str, for_team: bool, _catalogue: Catalogue) -> Markup:
    icon: Markup = current_app.jinja_env.globals["status"].status_icon(value, for_team)
    return icon
