"""Live updates: one stream a browser that names what changed and never what it says."""

from helpdesk.web.live.routes.routes import blueprint

__all__ = ["blueprint"]
