"""Maintenance mode: everything can be read, nothing is saved, and what comes in waits until it ends.

Events of Slack and mails are stored as they arrive. Workers process and send nothing but account mails, without which
nobody could sign in to read. A process learns of a change within ``settings.CACHE_SECONDS``.
"""

from helpdesk.domain.administration import settings
from helpdesk.translation import gettext


def is_on() -> bool:
    """Whether an admin has switched maintenance mode on."""
    return bool(settings.get("maintenance"))


def current_notice() -> str:
    """What people read above every page while it is on, by default our own sentence; "" while it is off."""
    if not is_on():
        return ""
    return str(settings.get("maintenance_text")) or gettext(
        "Maintenance: everything can be read, nothing can be saved. What comes by Slack and mail waits and is not lost."
    )
