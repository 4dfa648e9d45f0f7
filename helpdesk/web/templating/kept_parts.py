"""Parts of pages that are rendered once for everything that they show, as rows of lists are.

A part is a template of its own. It gets plain values, which are the key of what is kept, and has no other way to the
reader, the request or the database (``tests/conventions/test_kept_parts.py``): nothing has to be cleared when something
changes, and nobody can get what somebody else saw. Its forms get the token of whoever reads.
"""

import secrets
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, request
from markupsafe import Markup, escape

from helpdesk.models.user import User
from helpdesk.translation.catalogues import Catalogue
from helpdesk.translation.current import current_catalogue
from helpdesk.web.middleware import csrf

MAX_PARTS = 4_000  # of 0.1 to 15 KB, four of a ticket: some 12 MB
TEAM_PAGES = ("/desk/people", "/desk", "/review", "/settings")
CUSTOMER_PAGES = ("/tickets", "/articles", "/colleagues")
# Stand for what is filled in for each ticket and form, as csrf.TO_FILL_IN does for the token of a session.
SIGNS = {name: secrets.token_hex(24) for name in ("number", "audience", "seen_seq", "form_token")}
Shown = tuple[tuple[str, Hashable], ...]


def register(app: Flask) -> None:
    """Let templates place such parts."""
    app.jinja_env.globals.update(kept_part=render_part, filled_part=render_filled_part, site_header=render_site_header)


def render_part(template: str, **shown: Hashable) -> Markup:
    """Render ``template`` with ``shown``: numbers, texts, and tuples of these. Only texts are escaped, never Markup."""
    types = tuple(map(type, shown.values()))  # 1 and True are the same key, and so are a text and Markup
    html = _render(template, tuple(shown.items()), types, current_catalogue.get())
    return Markup(csrf.fill_in_token(html))


@lru_cache(maxsize=MAX_PARTS)
def _render(template: str, shown: Shown, _types: tuple[type, ...], _catalogue: Catalogue) -> str:
    with csrf.token_to_fill_in():
        return current_app.jinja_env.get_template(template).render(dict(shown))


def render_filled_part(template: str, filled: Mapping[str, object], **shown: Hashable) -> Markup:
    """Render ``template`` as ``render_part`` does, kept for all tickets: its texts ``filled`` are filled in each time.

    The template prints them, or joins them to other texts, and asks nothing about them.
    """
    signs = {name: SIGNS[name] for name in filled}
    html = str(render_part(template, **signs, **shown))
    for name, sign in signs.items():
        html = html.replace(sign, escape(filled[name]))
    return Markup(html)


def render_site_header(portal: Mapping[str, Any], reader: User | None, scheme: str) -> Markup:
    """Render the header of every page. ``reader``: None before signing in."""
    if reader is None:
        return render_part(
            "site_header.html",
            portal_name=portal["name"],
            logo_url=portal["logo_url"],
            logo_dark_url=portal["logo_dark_url"],
            role="",
            is_team=False,
        )
    is_team, is_impersonating, session = reader.is_team, reader.is_impersonating, reader.session
    place, is_exact = _find_place(request.path, is_team)
    return render_part(
        "site_header.html",
        portal_name=portal["name"],
        logo_url=portal["logo_url"],
        logo_dark_url=portal["logo_dark_url"],
        place=place,
        is_exact=is_exact,
        role=str(reader.role),
        is_team=is_team,
        display_name=reader.display_name,
        email=reader.email,
        picture_url=reader.picture_url,
        is_impersonating=is_impersonating,
        manages_people=bool(session and session.manages_people and not is_impersonating),
        has_articles=not is_team and bool(portal["has_articles"](reader)),
        unread=session.unread_notifications if is_team else 0,
        scheme=scheme,
    )


def _find_place(path: str, is_team: bool) -> tuple[str, bool]:
    """Return the address of the link in the header that leads to ``path``, or "", and whether to nowhere below it."""
    if not is_team and path == "/tickets/new":
        return path, True
    pages = TEAM_PAGES if is_team else CUSTOMER_PAGES
    place = next((page for page in pages if path.startswith(page)), "")
    if is_team and not place and path.startswith("/tickets"):
        place = "/desk"
    return place, path == place
