"""Link agents with their Slack accounts by their address, before they ever act in Slack: otherwise nobody could mention
them. An account whose id Slack changed is linked again.
"""

import logging
import time
from dataclasses import dataclass

from helpdesk import config
from helpdesk.channels.slack import members
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api import directory
from helpdesk.database import transactions
from helpdesk.domain.errors import DomainError
from helpdesk.domain.outbox import errors
from helpdesk.domain.people import users
from helpdesk.extensions import db
from helpdesk.models.user import User

LOOK_AGAIN_SECONDS = 3600.0
MAX_LOOK_UPS = 20  # in one turn: Slack takes fifty a minute

log = logging.getLogger(__name__)

_looked_up: dict[tuple[str, int], float] = {}  # by token and user id; each process looks for itself


@dataclass(frozen=True)
class _Agent:
    id: int
    email: str
    slack_user_id: str


def link_agents() -> int:
    """Look up the agents that are due. Returns how many were linked. Commits; never raises ChannelError."""
    token, now = config.current().SLACK_BOT_TOKEN, time.monotonic()
    if not token:
        return 0
    with transactions.read_only():
        agents = [_Agent(user.id, user.email, user.slack_user_id or "") for user in users.list_team()]
    due = [each for each in agents if now - _looked_up.get((token, each.id), float("-inf")) > LOOK_AGAIN_SECONDS]
    linked = 0
    for agent in due[:MAX_LOOK_UPS]:
        try:
            account = _find_account(agent)
        except errors.ChannelError as error:
            log.info("An agent's Slack account could not be looked up: %s", error.reason)
            return linked
        _looked_up[token, agent.id] = now
        if account and account != agent.slack_user_id:
            linked += _link(agent, account)
    return linked


def clear_look_ups() -> None:
    """Look up everybody again in the next turn."""
    _looked_up.clear()


def _find_account(agent: _Agent) -> str:
    """Return the id of the agent's account, "" where it is not known or another one was chosen. Raises ChannelError."""
    slack, ourselves = clients.current(), directory.get_bot_identity()
    profile = directory.find_profile_by_email(agent.email, slack)
    if profile is None or not directory.is_full_member(profile, ourselves):
        return ""
    if agent.slack_user_id and agent.slack_user_id != profile.id and not _is_former(agent, slack):
        return ""  # an admin chose that account
    return profile.id


def _is_former(agent: _Agent, slack: clients.Client) -> bool:
    """Return whether the linked account is gone, or the same person's under another id: when a workspace joins an
    Enterprise organization, its members get new ids (docs.slack.dev/reference/methods/migration.exchange).
    """
    try:
        known = directory.get_profile(agent.slack_user_id, slack)
    except errors.PermanentError:
        return True
    return known.deleted or known.email.casefold() == agent.email.casefold()


def _link(agent: _Agent, account: str) -> bool:
    user = db.session.get(User, agent.id)
    try:
        if user is None or (user.slack_user_id or "") != agent.slack_user_id:
            return False
        members.link_member(user, account)
        db.session.commit()
    except DomainError as refusal:
        db.session.rollback()
        log.info("An agent's Slack account could not be linked: %s", refusal.message)
        return False
    return True
