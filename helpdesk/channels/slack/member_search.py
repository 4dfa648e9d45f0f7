"""Members of the workspace by name or address, so that nobody has to copy a member id."""

from collections.abc import Sequence

from helpdesk import config
from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.members import MEMBER_ID_PATTERN
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.outbox import errors
from helpdesk.markup.name_order import name_key
from helpdesk.translation import format_list, gettext

MAX_MATCHES = 8


def find_members(words: str) -> Sequence[directory.Profile]:
    """Return the people in Slack whose name or address has all ``words``, MAX_MATCHES at most.

    None where Slack is not set up. Raises ChannelError.
    """
    wanted = words.casefold().split()
    if not wanted or not config.current().SLACK_BOT_TOKEN:
        return []
    found = (
        person
        for person in directory.list_members()
        if all(word in f"{person.name} {person.email}".casefold() for word in wanted)
    )
    return sorted(found, key=lambda person: name_key(person.name))[:MAX_MATCHES]


def resolve_member_id(text: str) -> str:
    """Return the member id that ``text`` means: itself, or that of the only person with this name or address.

    Where Slack is not set up, ``text`` itself. Raises ValidationError.
    """
    if not text.strip() or MEMBER_ID_PATTERN.fullmatch(text.strip().upper()) or not config.current().SLACK_BOT_TOKEN:
        return text
    try:
        found = find_members(text)
    except errors.ChannelError as error:
        raise ValidationError(str(error.reason), "slack_user_id") from None
    exact = [person for person in found if text.strip().casefold() in (person.email.casefold(), person.name.casefold())]
    if len(exact or found) == 1:
        return (exact or found)[0].id
    if not found:
        raise ValidationError(gettext("Slack has no member with this name or address."), "slack_user_id")
    names = format_list([f"{person.name} ({person.email or person.id})" for person in found])
    raise ValidationError(gettext("Several members match: %(names)s.", names=names), "slack_user_id")
