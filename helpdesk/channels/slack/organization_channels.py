"""The Slack channels of organizations: how their ids are typed, and what people read about them."""

import re

from helpdesk.domain.people.organization_channels import OrganizationChannelKind
from helpdesk.translation import gettext, ngettext

CHANNEL_ID_PATTERN = re.compile(r"[CG][A-Z0-9]{5,30}")


def parse_channel_id(text: str) -> str:
    """Return the Slack channel id in ``text``, in capitals. Raises ValueError with a sentence if there is none."""
    channel_id = text.strip().upper()
    if not CHANNEL_ID_PATTERN.fullmatch(channel_id):
        raise ValueError(
            gettext("%(id)s is no Slack channel id; those begin with C or G, like C0123ABCD.", id=channel_id[:40])
        )
    return channel_id


def describe_added(names: str, count: int) -> str:
    """Return a sentence that says which ``count`` channels an organization gets; ``names`` lists them."""
    return ngettext("Adds the Slack channel %(names)s.", "Adds the Slack channels %(names)s.", count, names=names)


def describe_removed(names: str, count: int) -> str:
    """Return a sentence that says which ``count`` channels an organization loses; ``names`` lists them."""
    return ngettext("Removes the Slack channel %(names)s.", "Removes the Slack channels %(names)s.", count, names=names)


ORGANIZATION_CHANNELS = OrganizationChannelKind(
    kind="slack",
    field="slack_channels",
    parse_id=parse_channel_id,
    describe_added=describe_added,
    describe_removed=describe_removed,
)
