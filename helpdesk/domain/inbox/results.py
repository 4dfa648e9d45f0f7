"""What became of one inbound event."""

from dataclasses import dataclass, field
from typing import Any

from helpdesk.domain.outbox.channel import OutboundRequest


@dataclass
class Result:
    """``state`` is done, ignored or quarantined; ``status_text`` a sentence. ``answers`` are sent once, after the commit,
    to the person who caused the event: best effort, nothing anybody relies on."""

    state: str = "done"
    status_text: str = ""
    ticket_id: int | None = None
    answers: list[OutboundRequest[Any]] = field(default_factory=list)


def ignored_result(why: str) -> Result:
    """Nothing was done, for this reason."""
    return Result("ignored", why)
