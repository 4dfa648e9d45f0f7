"""The inbox: what the outside sends is a row before it is understood, and is processed exactly once."""

from helpdesk.domain.inbox.process import process_event, sweep
from helpdesk.domain.inbox.store import store_event

__all__ = ["process_event", "store_event", "sweep"]
