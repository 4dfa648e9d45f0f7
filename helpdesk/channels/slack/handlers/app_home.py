"""The app's home page in Slack."""

from helpdesk.channels.slack import home
from helpdesk.channels.slack.api.requests import web_api_request
from helpdesk.channels.slack.handlers import authors, ephemeral_replies
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse.event_types import HomeOpenedEvent
from helpdesk.channels.slack.render import blocks
from helpdesk.domain.inbox.results import Result


def handle_home_opened(event: HomeOpenedEvent, context: EventContext) -> Result:
    """Render the home page for an agent who opened it, and refresh it for a while."""
    agent = authors.resolve_agent(event, context)
    if agent is None:
        view = {"type": "home", "blocks": blocks.notice(ephemeral_replies.AGENTS_ONLY_MESSAGE)["blocks"]}
        return Result(
            "ignored",
            "Not an agent.",
            None,
            [web_api_request("views.publish", {"user_id": event.author_id, "view": view})],
        )
    home.mark_opened(agent)
    return Result("done", "An agent's home page.")
