"""Security headers of every response: the content security policy and related headers."""

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request

from helpdesk import config

STATIC_PREFIX = "/static/"
EXTENSION = "helpdesk.security_headers"


def add_headers(response: Response) -> Response:
    """Add the headers to ``response``: to every one, errors and fragments included."""
    present = {name for name, _ in response.headers}
    given = current_app.extensions[EXTENSION]
    response.headers.extend([(name, value) for name, value in given.items() if name not in present])
    if request.path.startswith(STATIC_PREFIX):
        return response
    if "Vary" in response.headers:
        response.vary.update(("Cookie", "HX-Request"))
    else:
        response.headers.add("Vary", "Cookie, HX-Request")
    if not response.headers.get("Cache-Control"):
        response.headers["Cache-Control"] = "no-store"
    return response


def register(app: Flask) -> None:
    """Build the headers of this installation."""
    app.extensions[EXTENSION] = build_headers(config.current())


def build_headers(current: config.Config) -> dict[str, str]:
    """Return the headers that are the same for every response of an installation."""
    providers = ["https://accounts.google.com", "https://login.microsoftonline.com"]
    providers += [get_origin(url) for url in (current.GOOGLE_OAUTH_URL, current.MICROSOFT_OAUTH_URL) if url]
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": " ".join(["'self'", "data:", *list_picture_origins(current)]),
        "font-src": "'self'",
        "manifest-src": "'self'",
        "connect-src": "'self'",
        "form-action": " ".join(["'self'", *providers]),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "report-uri": "/csp",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "X-Frame-Options": "DENY",
    }
    if current.is_https:
        below = "; includeSubDomains" if current.HSTS_INCLUDE_SUBDOMAINS else ""
        headers["Strict-Transport-Security"] = f"max-age=31536000{below}"
    return headers


def list_picture_origins(current: config.Config) -> list[str]:
    """Return the origins of people's pictures: Slack and the two providers, or their simulators."""
    hosts = ["https://avatars.slack-edge.com", "https://secure.gravatar.com", "https://*.googleusercontent.com"]
    if urlsplit(current.SLACK_API_URL).scheme == "http":
        hosts.append(get_origin(current.SLACK_API_URL))
    return hosts


def get_origin(url: str) -> str:
    """Scheme, host and port of ``url``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
