"""One name: a fragment is one template, one DOM id, one address. Also how a POST answers, and how an unchanged one stays quiet."""

import re

from flask import Flask, Response, make_response, redirect, render_template, request

from helpdesk.domain.administration import settings
from helpdesk.extensions import htmx

ROOT_TAG_PATTERN = re.compile(r"<([a-z][a-z0-9-]*)")


def register(app: Flask) -> None:
    """Give templates what every page shows."""

    @app.context_processor
    def installation() -> dict:
        chosen = settings.get_all()
        return {
            "portal": {
                "name": chosen["portal_name"],
                "accent": chosen["accent"],
                "team_name": chosen["team_name"],
                "logo_url": f"/logo?v={chosen['logo'][:8]}" if chosen["logo"] else None,
            }
        }


def swap_fragments(*fragments: tuple[str, dict], address: str, status: int = 200) -> Response:
    """Answer a POST: HTMX gets ``fragments`` (template, values), the first for its target, the others out of band; a plain
    browser is sent to ``address``."""
    if not htmx:
        return redirect(address, 303)
    first, *others = [render_template(template, **values) for template, values in fragments]
    response = make_response(first + "".join(mark_out_of_band(html) for html in others), status)
    response.headers["HX-Push-Url"] = "false"
    return response


def redirect_to(address: str) -> Response:
    """Send the browser to ``address`` after a POST, with or without HTMX."""
    if htmx:
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, 303)


def mark_out_of_band(html: str) -> str:
    """The fragment, marked so that HTMX puts it in place of the element with its id."""
    return ROOT_TAG_PATTERN.sub(r'<\1 hx-swap-oob="true"', html, count=1)


def not_modified(*parts: object) -> Response | None:
    """304 if the browser already has what ``parts`` name; otherwise None, and ``tagged`` belongs on the answer."""
    if request.if_none_match.contains(make_etag(*parts)):
        response = Response(status=304)
        response.set_etag(make_etag(*parts))
        return response
    return None


def with_etag(html: str | Response, *parts: object) -> Response:
    """The answer with its ETag; browsers must ask each time."""
    response = make_response(html)
    response.set_etag(make_etag(*parts))
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def make_etag(*parts: object) -> str:
    return "-".join(str(part) for part in parts)
