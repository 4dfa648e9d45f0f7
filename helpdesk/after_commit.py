"""The old name of ``live_events.EVENTS_CHANNEL``, for ``web.streams`` only, until that module goes."""

from helpdesk.live_events import EVENTS_CHANNEL as CHANGED

__all__ = ["CHANGED"]
