"""What the page of the installation's health says about Slack."""

from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk import clock, config
from helpdesk.domain.outbox.channel import ChannelHealth
from helpdesk.extensions import db
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.translation import format_datetime, gettext


def describe_last_event(zone: ZoneInfo) -> ChannelHealth:
    """When Slack last sent an event, on the clock of ``zone``, and how many seconds ago."""
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
        gettext(
            "Slack's last event came %(last)s.",
            last=f"{format_datetime(last, zone)} {clock.name_zone(last.astimezone(zone))}",
        ),
        (clock.now() - last).total_seconds(),
    )
