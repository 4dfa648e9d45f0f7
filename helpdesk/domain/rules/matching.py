"""Compare the conditions of a rule with a ticket; each that holds is a reason."""

from collections.abc import Callable

from helpdesk import clock
from helpdesk.domain.rules.definition import Conditions
from helpdesk.domain.rules.facts import Facts, is_in_hours
from helpdesk.domain.rules.reasons import Reason
from helpdesk.markup import whole_words

Check = Callable[[Conditions, Facts], Reason | None]


def find_reasons(conditions: Conditions, facts: Facts) -> list[Reason] | None:
    """Return why the rule holds, one reason for each condition that is given; None if one of them does not hold.

    Without any condition it always holds, for no reason.
    """
    reasons = []
    for name, check in CHECKS.items():
        if not getattr(conditions, name):
            continue
        reason = check(conditions, facts)
        if reason is None:
            return None
        reasons.append(reason)
    return reasons


def is_its_time(conditions: Conditions) -> bool:
    """Whether a rule with these conditions can hold at this hour."""
    return not conditions.hours or is_in_hours(clock.now()) == (conditions.hours == "inside")


def _check_form(conditions: Conditions, facts: Facts) -> Reason | None:
    if facts.form not in conditions.forms or facts.ticket.form_version is None:
        return None
    return "forms", facts.ticket.form_version.form.name


def _check_organization(conditions: Conditions, facts: Facts) -> Reason | None:
    if facts.ticket.organization_id != conditions.organization_id:
        return None
    return "organization_id", facts.ticket.organization.name


def _check_field(conditions: Conditions, facts: Facts) -> Reason | None:
    answer = facts.find_answer(conditions.field_key)
    wanted = conditions.field_value.casefold()
    if not answer or (wanted and wanted not in [part.strip().casefold() for part in (answer, *answer.split(","))]):
        return None
    if conditions.field_value:
        return "field_key", conditions.field_key, conditions.field_value
    return "field_key", conditions.field_key


def _check_words(conditions: Conditions, facts: Facts) -> Reason | None:
    for word in conditions.words:
        if whole_words.contains_word(facts.text, word):
            return "words", word
    return None


def _check_language(conditions: Conditions, facts: Facts) -> Reason | None:
    if facts.language != conditions.language:
        return None
    return "language", conditions.language


def _check_channel(conditions: Conditions, facts: Facts) -> Reason | None:
    return ("channel", facts.channel) if facts.channel == conditions.channel else None


def _check_hours(conditions: Conditions, facts: Facts) -> Reason | None:
    if facts.is_in_hours != (conditions.hours == "inside"):
        return None
    return "hours", conditions.hours


def _check_writer(conditions: Conditions, facts: Facts) -> Reason | None:
    if facts.writer != conditions.writer:
        return None
    return "writer", conditions.writer


def _check_priority(conditions: Conditions, facts: Facts) -> Reason | None:
    if facts.priority not in conditions.priorities:
        return None
    return "priorities", facts.priority


def _check_status(conditions: Conditions, facts: Facts) -> Reason | None:
    if facts.status not in conditions.statuses:
        return None
    return "statuses", facts.status


def _check_tags(conditions: Conditions, facts: Facts) -> Reason | None:
    for name in conditions.tags:
        if name in facts.tags:
            return "tags", name
    return None


# By the name of the field that says whether it is asked; what costs least is asked first.
CHECKS: dict[str, Check] = {
    "organization_id": _check_organization,
    "priorities": _check_priority,
    "statuses": _check_status,
    "writer": _check_writer,
    "channel": _check_channel,
    "forms": _check_form,
    "tags": _check_tags,
    "words": _check_words,
    "field_key": _check_field,
    "language": _check_language,
    "hours": _check_hours,
}
