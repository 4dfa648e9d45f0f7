"""Requests for a link by mail from one browser."""

from helpdesk.domain.authentication import magic_links

BROWSER = "b" * 43


def ask(email="dana@globex.example", **more):
    return magic_links.request_link(email, **({"browser_token": BROWSER, "ip_prefix": "192.0.2.0/24"} | more))
