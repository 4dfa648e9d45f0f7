"""Find the user behind a Slack author: an agent, a customer in their own channel, or nobody who may write here."""

from sqlalchemy import select

from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse.event_types import SlackEvent
from helpdesk.channels.slack.parse.events import BotIdentity
from helpdesk.database import transactions
from helpdesk.domain import email_address
from helpdesk.domain.people import admission, changes, permissions, users
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.thread import Thread
from helpdesk.models.user import User


def find_name(external_id: str) -> str | None:
    """Return the name for an id of Slack's: an agent's as the portal has it, so that who is mentioned in Slack is
    mentioned there, else the one that Slack has. None where it cannot be found.
    """
    if external_id[:1] in {"U", "W"}:
        with transactions.read_only():
            agent = db.session.scalar(select(User).where(User.slack_user_id == external_id))
            if agent is not None and agent.is_team and agent.name:
                return agent.name
    return directory.get_name(external_id)


def resolve_agent(event: SlackEvent, context: EventContext) -> User | None:
    """Return the agent who acted. Somebody first recognised by their email address is linked, with name and picture."""
    profile = context.profiles.get(event.author_id)
    user = find_agent(profile, context.ourselves, event)
    if user is not None and user.slack_user_id is None:
        user.slack_user_id = profile.id
        changes.rename(user, user.name or profile.name)
        user.picture_url = user.picture_url or profile.picture[:500] or None
    return user


def find_linked(event: SlackEvent) -> User | None:
    """Return the user who is linked to the author of ``event``, whatever Slack says of them."""
    return db.session.scalar(select(User).where(User.slack_user_id == event.author_id))


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
    if profile is None or not thread.is_customers or not is_possible_customer(profile, ourselves, event):
        return None
    user = _find_by_email(profile)
    if user is not None:
        if user.is_team or not user.is_active:
            return None
        if admission.can_receive_mail(user, thread.ticket) and permissions.can_reply(user, thread.ticket):
            return user
    return profile if _is_admitted_profile(profile, user, thread.channel, ourselves, event) else None


def find_customer_in(
    profile: directory.Profile | None, channel: Channel, ourselves: BotIdentity, event: SlackEvent | None = None
) -> User | directory.Profile | None:
    """Return the customer who writes in their organization's own channel outside any ticket; otherwise like
    ``find_customer``.
    """
    if profile is None or channel.audience != "customer" or not is_possible_customer(profile, ourselves, event):
        return None
    user = _find_by_email(profile)
    if user is not None:
        if user.is_team or not user.is_active:
            return None
        admitting = {each.id for each in admission.admitting_organizations(user.email)}
        if user.organization_id == channel.organization_id and channel.organization_id in admitting:
            return user
    return profile if _is_admitted_profile(profile, user, channel, ourselves, event) else None


def is_possible_customer(profile: directory.Profile, ourselves: BotIdentity, event: SlackEvent | None) -> bool:
    """Return whether ``profile`` is a guest or of another workspace, and a person."""
    if profile.is_bot or profile.deleted:
        return False
    return profile.is_restricted or not directory.is_own(profile, ourselves, event)


def _is_admitted_profile(
    profile: directory.Profile, user: User | None, channel: Channel, ourselves: BotIdentity, event: SlackEvent | None
) -> bool:
    """Return whether somebody who is not heard as ``user`` is a customer by their Slack profile alone."""
    is_shared = channel.is_shared or (event is not None and event.is_ext_shared)
    if is_shared and not directory.is_own(profile, ourselves, event):
        return True
    address = _profile_email(profile)
    organizations = {each.id for each in admission.admitting_organizations(address)} if address else set()
    return user is None and channel.organization_id in organizations


def _find_by_email(profile: directory.Profile) -> User | None:
    email = _profile_email(profile)
    return users.find_user(email) if email else None


def _profile_email(profile: directory.Profile) -> str:
    try:
        return email_address.canonical_address(profile.email)
    except ValueError:
        return ""
