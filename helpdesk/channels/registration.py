"""Registration of the channels that belong to the product."""

from helpdesk.channels.browser.channel import BrowserChannel
from helpdesk.channels.email.channel import EmailChannel
from helpdesk.channels.slack.channel import SlackChannel
from helpdesk.channels.slack.organization_channels import ORGANIZATION_CHANNELS
from helpdesk.channels.webhook.channel import WebhookChannel
from helpdesk.domain.integrations import person_events
from helpdesk.domain.monitoring import connection_watch
from helpdesk.domain.notifications import events
from helpdesk.domain.outbox import registry
from helpdesk.domain.people import organization_channels
from helpdesk.domain.provisioning import former_people
from helpdesk.domain.rules import run


def register_channels() -> None:
    """Register the channels, and the listeners of events; called when the application is created."""
    person_events.register()
    former_people.register()
    events.register()
    run.register()
    connection_watch.register()
    for channel in (SlackChannel(), EmailChannel(), WebhookChannel(), BrowserChannel()):
        registry.register_channel(channel)
    organization_channels.register_kind(ORGANIZATION_CHANNELS)
