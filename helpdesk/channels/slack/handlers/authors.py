"""Find the user behind a Slack author: an agent, a customer in their own channel, or nobody who may write here."""

from sqlalchemy import select

from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse.event_types import SlackEvent
from helpdesk.channels.slack.parse.events import BotIdentity
from helpdesk.domain.people import admission, email_address, permissions
from helpdesk.extensions import db
from helpdesk.models.thread import Thread
from helpdesk.models.user import User


def resolve_agent(event: SlackEvent, context: EventContext) -> User | None:
    """Return the agent who acted. Somebody first recognised by their email address is linked, with name and picture."""
    profile = context.profiles.get(event.author_id)
    user = find_agent(profile, context.ourselves, event)
    if user is not None and user.slack_user_id is None:
        user.slack_user_id = profile.id
        user.name = user.name or profile.name
        user.picture_url = user.picture_url or profile.picture[:500] or None
    return user


def find_agent(
    profile: directory.Profile | None, ourselves: BotIdentity, event: SlackEvent | None = None
) -> User | None:
    """Return the agent behind ``profile``: linked, or with the same address; always a full member of our own workspace
    or Enterprise organization. ``event`` is what they did.
    """
    if profile is None or not directory.is_full_member(profile, ourselves, event):
        return None
    user = db.session.scalar(select(User).where(User.slack_user_id == profile.id))
    if user is None:
        user = _find_by_email(profile)
        if user is not None and user.slack_user_id:
            return None
    return user if user is not None and user.is_team and user.is_active else None


def find_customer(
    profile: directory.Profile | None, thread: Thread, ourselves: BotIdentity, event: SlackEvent | None = None
) -> User | directory.Profile | None:
    """Return the customer who writes in their organization's own channel: as a user, or by their Slack profile alone.

    Guests count where the organization admits their address, members of another workspace where the channel is shared
    with it.
    """
    if profile is None or profile.is_bot or profile.deleted or not thread.is_customers:
        return None
    is_outsider = not directory.is_own(profile, ourselves, event)
    if not (is_outsider or profile.is_restricted):
        return None
    user = _find_by_email(profile)
    if user is not None:
        if user.is_team or not user.is_active:
            return None
        if admission.can_receive_mail(user, thread.ticket) and permissions.can_reply(user, thread.ticket):
            return user
    if is_outsider and (thread.channel.is_shared or (event is not None and event.is_ext_shared)):
        return profile
    organizations = (
        {each.id for each in admission.admitting_organizations(_profile_email(profile))}
        if _profile_email(profile)
        else set()
    )
    return profile if user is None and thread.organization_id in organizations else None


def _find_by_email(profile: directory.Profile) -> User | None:
    email = _profile_email(profile)
    return db.session.scalar(select(User).where(User.email == email)) if email else None


def _profile_email(profile: directory.Profile) -> str:
    try:
        return email_address.canonical_address(profile.email)
    except ValueError:
        return ""
