"""The result of processing one inbound event."""

from dataclasses import dataclass, field
from typing import Any

from helpdesk.domain.outbox.channel import OutboundRequest


@dataclass
class Result:
    """The result of applying an event.

    ``state`` is done, ignored or quarantined; ``status_text`` is a sentence for people. ``answers`` are sent to the
    author of the event once, after the commit; a failure to send them is only logged.
    """

    state: str = "done"
    status_text: str = ""
    ticket_id: int | None = None
    answers: list[OutboundRequest[Any]] = field(default_factory=list)


def ignored_result(why: str) -> Result:
    """Return the result for an event that was ignored, with the reason."""
    return Result("ignored", why)
