"""Why a rule acted: conditions that held, stored as their names and values and described to each reader."""

from collections.abc import Sequence

from helpdesk.domain.rules.definition import HOURS_LABELS, WEB, WRITER_LABELS
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status
from helpdesk.translation import LANGUAGES, gettext, lazy_gettext

Reason = tuple[str, ...]  # a key of REASON_LABELS, then the value of the ticket; of a field, its key and the answer
REASON_LABELS = {
    "organization_id": lazy_gettext("Organization"),
    "priorities": lazy_gettext("Priority"),
    "statuses": lazy_gettext("Status"),
    "tags": lazy_gettext("Tags"),
    "writer": lazy_gettext("Who wrote"),
    "channel": lazy_gettext("How it came"),
    "forms": lazy_gettext("Form"),
    "words": lazy_gettext("Words"),
    "field_key": lazy_gettext("Field"),
    "language": lazy_gettext("Language of the requester"),
    "hours": lazy_gettext("Time"),
}


def describe_reason(reason: Sequence[str]) -> str:
    """Return ``reason`` in the reader's language, as a label and a value."""
    name, *values = reason
    label = str(REASON_LABELS[name])
    if name == "field_key" and len(values) > 1:
        label, values = values[0], values[1:]
    return gettext("%(label)s: %(value)s", label=label, value=_describe_value(name, values[0]))


def _describe_value(name: str, value: str) -> str:
    match name:
        case "priorities":
            return str(Priority(value).definition.label)
        case "statuses":
            return str(Status(value).definition.team_label)
        case "writer":
            return str(WRITER_LABELS[value])
        case "hours":
            return str(HOURS_LABELS[value])
        case "language":
            return LANGUAGES[value].name if value in LANGUAGES else value
        case "channel":
            return gettext("Page or API") if value == WEB else value.capitalize()
    return value
