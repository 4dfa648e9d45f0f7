"""The priorities of a ticket, least urgent first, one entry each.

Pages, Slack, SQL, the API, SLA policies and seeds read them here. A new priority needs one entry here and a migration
for the CHECK constraints.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from helpdesk.translation import lazy_pgettext


@dataclass(frozen=True)
class PriorityDefinition:
    """The name and appearance of a priority.

    ``in_sentence``: its name inside a sentence. ``icon``: a name in templates/macros/ui.html. ``tone``: a colour of the
    stylesheet; "" for the usual text colour. ``is_default``: the priority of a new ticket; lists do not show it.
    ``stands_out``: the ticket's heading shows it.
    """

    value: str
    label: str
    in_sentence: str
    icon: str
    tone: str = ""
    is_default: bool = False
    stands_out: bool = False


class Priority(StrEnum):
    """The priority of a ticket, least urgent first."""

    definition: PriorityDefinition

    low = PriorityDefinition(
        "low", lazy_pgettext("priority", "Low"), lazy_pgettext("priority in a sentence", "low"), icon="low"
    )
    normal = PriorityDefinition(
        "normal",
        lazy_pgettext("priority", "Normal"),
        lazy_pgettext("priority in a sentence", "normal"),
        icon="normal",
        is_default=True,
    )
    high = PriorityDefinition(
        "high",
        lazy_pgettext("priority", "High"),
        lazy_pgettext("priority in a sentence", "high"),
        icon="high",
        tone="orange",
        stands_out=True,
    )
    urgent = PriorityDefinition(
        "urgent",
        lazy_pgettext("priority", "Urgent"),
        lazy_pgettext("priority in a sentence", "urgent"),
        icon="urgent",
        tone="red",
        stands_out=True,
    )

    def __new__(cls, definition: Any) -> Self:  # a type checker reads Priority("low") as a call of this
        member = str.__new__(cls, definition.value)
        member._value_ = definition.value
        member.definition = definition
        return member


DEFAULT_PRIORITY: Priority = next(priority for priority in Priority if priority.definition.is_default)
HIGHEST_PRIORITY: Priority = list(Priority)[-1]
