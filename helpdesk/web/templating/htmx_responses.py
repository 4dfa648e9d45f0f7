"""Responses for HTMX: swapped fragments, redirects and ETags.

A fragment has one name for its template, its DOM id and its URL.
"""

import re
import zlib
from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, request

from helpdesk.domain.administration import maintenance, settings
from helpdesk.domain.knowledge_base import articles
from helpdesk.domain.portal import announcements
from helpdesk.extensions import htmx

ROOT_TAG_PATTERN = re.compile(r"<([a-z][a-z0-9-]*)")


def register(app: Flask) -> None:
    """Provide templates with the portal's name, colour and logo."""

    @app.context_processor
    def installation() -> dict[str, Any]:
        values = settings.get_all()
        return {
            "portal": {
                "name": values["portal_name"],
                "accent": values["accent"],
                "team_name": values["team_name"],
                "status_page_url": values["status_page_url"],
                "maintenance": maintenance.current_notice,
                "announcement": announcements.current_announcement,
                "has_articles": articles.has_articles,
                "logo_url": f"/logo?v={values['logo'][:8]}" if values["logo"] else None,
                "logo_dark_url": f"/logo/logo_dark?v={values['logo_dark'][:8]}" if values["logo_dark"] else None,
                "favicon_url": f"/logo/favicon?v={values['favicon'][:8]}" if values["favicon"] else None,
            }
        }


def swap_fragments(*fragments: tuple[str, dict[str, Any]], address: str, status: int = 200) -> Response:
    """Respond to a POST: HTMX gets ``fragments`` (template, values), others are redirected to ``address``.

    The first fragment replaces HTMX's target, the others are swapped out of band.
    """
    if not htmx:
        return redirect(address, 303)
    first, *others = [render_template(template, **values) for template, values in fragments]
    response = make_response(first + "".join(mark_out_of_band(html) for html in others), status)
    response.headers["HX-Push-Url"] = "false"
    return response


def redirect_to(address: str) -> Response:
    """Redirect the browser to ``address`` after a POST, with or without HTMX."""
    if htmx:
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)


def mark_out_of_band(html: str) -> str:
    """Add ``hx-swap-oob`` to the fragment, so that HTMX replaces the element with its id."""
    return ROOT_TAG_PATTERN.sub(r'<\1 hx-swap-oob="true"', html, count=1)


def short_hash(value: object) -> str:
    """A few characters that differ where ``value`` does; not a secret."""
    return f"{zlib.crc32(repr(value).encode()):x}"


def not_modified(*parts: object) -> Response | None:
    """304 if the browser has the version that ``parts`` identify; otherwise None: then respond using ``with_etag``."""
    if request.if_none_match.contains(make_etag(*parts)):
        response = Response(status=304)
        response.set_etag(make_etag(*parts))
        return response
    return None


def with_etag(html: str | Response, *parts: object) -> Response:
    """The response with an ETag, for the page that shows the fragment (static/js/live_fragments.js).

    Browsers store none: after another sign-in it would be the same version, but with the form tokens of the session
    before.
    """
    response = make_response(html)
    response.set_etag(make_etag(*parts))
    return response


def unless_known(html: str, version_of: str | None = None) -> Response:
    """``html``, or 304 if the browser has just that. ``version_of``: the part of it that the ETag is made of."""
    version = short_hash(version_of or html)
    return not_modified(version) or with_etag(html, version)


def make_etag(*parts: object) -> str:
    """Join ``parts`` to an ETag."""
    return "-".join(str(part) for part in parts)
