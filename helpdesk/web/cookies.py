"""Cookies of this host alone: sent over https where the portal is, and not with requests from other sites."""

from typing import Any

from flask import Response

from helpdesk import config


def get_cookie_name(name: str, configuration: config.Config | None = None) -> str:
    """``name`` with the prefix __Host-, which ties a cookie to this host; browsers accept it only over https."""
    return f"__Host-{name}" if (configuration or config.current()).is_https else name


def set_cookie(response: Response, name: str, value: str, *, seconds: int, for_scripts: bool = False) -> None:
    """Set the cookie ``name`` for so many seconds; ``for_scripts`` lets the page's scripts read it."""
    response.set_cookie(name, value, max_age=seconds, httponly=not for_scripts, **_attributes())


def delete_cookie(response: Response, name: str, *, for_scripts: bool = False) -> None:
    """Delete the cookie ``name``, with the attributes that it was set with."""
    response.delete_cookie(name, httponly=not for_scripts, **_attributes())


def _attributes() -> dict[str, Any]:
    return {"path": "/", "samesite": "Lax", "secure": config.current().is_https}
