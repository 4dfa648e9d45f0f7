"""The inbox: received events are stored first, then processed exactly once."""

from helpdesk.domain.inbox.contents import load_raw
from helpdesk.domain.inbox.process import list_due, process_event, release_expired_leases
from helpdesk.domain.inbox.store import store_event

__all__ = ["list_due", "load_raw", "process_event", "release_expired_leases", "store_event"]
