"""The channels that the product comes with."""

from helpdesk.channels.email.channel import EmailChannel
from helpdesk.channels.slack.channel import SlackChannel
from helpdesk.channels.webhook.channel import WebhookChannel
from helpdesk.domain.outbox import registry


def register_channels() -> None:
    """Register them; called when the application is made."""
    for channel in (SlackChannel(), EmailChannel(), WebhookChannel()):
        registry.register_channel(channel)
