"""Places that what is written does not get to."""

from datetime import timedelta

from helpdesk import clock
from helpdesk.domain.monitoring import health

STUCK_AFTER = timedelta(minutes=10)  # what waits longer is worth a mail to the admins


def list_stuck_destinations() -> list[health.DestinationHealth]:
    """Those out of order, or where something has waited too long, with what waits there."""
    now = clock.now()
    return [
        place
        for place in health.list_destinations()
        if place.oldest is not None and (place.trouble or now - place.oldest > STUCK_AFTER)
    ]
