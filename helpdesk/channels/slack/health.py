"""What the page of the installation's health says about Slack."""

from sqlalchemy import select

from helpdesk import clock, config
from helpdesk.domain.outbox.channel import ChannelHealth
from helpdesk.extensions import db
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.translation import format_day, gettext


def describe_last_event() -> ChannelHealth:
    """When Slack last sent an event, and how many seconds ago."""
    if not config.current().SLACK_BOT_TOKEN:
        return ChannelHealth(gettext("Slack"), gettext("Slack is not set up."), is_set_up=False)
    last = db.session.scalar(
        select(InboundEvent.received_at)
        .where(InboundEvent.source.like("slack%"))
        .order_by(InboundEvent.id.desc())
        .limit(1)
    )
    if last is None:
        return ChannelHealth(gettext("Slack"), gettext("Slack has not sent anything yet."))
    return ChannelHealth(
        gettext("Slack"),
        gettext("Slack's last event came %(last)s UTC.", last=format_day(last) + last.strftime(" %H:%M")),
        (clock.now() - last).total_seconds(),
    )
