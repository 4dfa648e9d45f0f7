"""Registration of the channels that belong to the product."""

from helpdesk.channels.email.channel import EmailChannel
from helpdesk.channels.slack.channel import SlackChannel
from helpdesk.channels.webhook.channel import WebhookChannel
from helpdesk.domain.outbox import registry


def register_channels() -> None:
    """Register the channels; called when the application is created."""
    for channel in (SlackChannel(), EmailChannel(), WebhookChannel()):
        registry.register_channel(channel)
