"""The variables of canned replies, ``{{ first_name }}``: the same in every translation."""

import re

from helpdesk.translation import lazy_gettext

VARIABLES = {
    "requester": lazy_gettext("Full name of the requester"),
    "first_name": lazy_gettext("First name of the requester"),
    "organization": lazy_gettext("The requester's organization"),
    "agent": lazy_gettext("Your name"),
    "team": lazy_gettext("The team's name"),
    "number": lazy_gettext("The ticket's number"),
    "subject": lazy_gettext("The ticket's subject"),
    "link": lazy_gettext("Address of the ticket"),
}
VARIABLE_PATTERN = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def find_unknown_variable(body: str) -> str:
    """Return the first variable of ``body`` that there is none of, "" if there are all."""
    return min((name for name in VARIABLE_PATTERN.findall(body) if name not in VARIABLES), default="")
