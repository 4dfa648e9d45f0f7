"""The app's home page in Slack."""

from helpdesk.channels.slack import blocks
from helpdesk.channels.values import Heard, Post
from helpdesk.domain import homes
from helpdesk.domain.inbox.from_slack import speakers, telling
from helpdesk.domain.inbox.from_slack.understood import Understood
from helpdesk.domain.inbox.results import Result


def opened(heard: Heard, understood: Understood) -> Result:
    """Somebody looks at the home page: an agent gets their queue, and has it kept fresh for a while."""
    agent = speakers.agent(heard, understood)
    if agent is None:
        view = {"type": "home", "blocks": blocks.notice(telling.AGENTS_ONLY)["blocks"]}
        return Result(
            "ignored", "Not an agent.", None, [Post("", "views.publish", {"user_id": heard.author_id, "view": view})]
        )
    homes.opened(agent)
    return Result("done", "An agent's home page.")
