"""The address of a filtered list names only what is chosen, so that it can be passed on.

Scripts leave out what is empty before a form is sent (``static/js/forms.js``). Without them a browser sends every
field; it is led on to the address without the empty ones, which is then the one in its history.
"""

from urllib.parse import quote

from flask import redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.extensions import htmx

# Sign-in providers write the addresses below the first; an empty answer in the second is one.
KEPT = ("/sign-in", "/tickets/new", "/api/")


def redirect_to_clean(_audience: object, _user: object) -> ResponseReturnValue | None:
    """Lead a browser that opens a page with empty parameters on to the page without them."""
    parameters = request.query_string.split(b"&")
    chosen = [each for each in parameters if each.partition(b"=")[1:] != (b"=", b"")]
    is_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "") and not htmx
    if len(chosen) == len(parameters) or not is_page or request.url_rule is None or request.path.startswith(KEPT):
        return None  # without a rule the path may be another site's address: "//evil.example"
    path = quote(request.path)
    return redirect(f"{path}?{b'&'.join(chosen).decode('latin-1')}" if chosen else path)
