"""What became of one inbound thing."""

from dataclasses import dataclass, field

from helpdesk.channels.types import OutboundRequest


@dataclass
class Result:
    """``state`` is done, ignored or quarantined; ``outcome`` a sentence; ``answers`` are said once, after the commit, to the
    person who caused it: best effort, nothing anybody relies on."""

    state: str = "done"
    outcome: str = ""
    ticket_id: int | None = None
    answers: list[OutboundRequest] = field(default_factory=list)


def ignored_result(why: str) -> Result:
    return Result("ignored", why)
