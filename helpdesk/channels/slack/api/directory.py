"""Look up people and channels in Slack; answers are cached for some minutes."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helpdesk.channels.slack.api import api_errors
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.parse import events, json_access
from helpdesk.channels.slack.parse.event_types import SlackEvent
from helpdesk.domain.outbox import errors
from helpdesk.markup.name_order import sort_by_name
from helpdesk.translation import gettext

CACHE_SECONDS = 300  # seconds
FAILURE_CACHE_SECONDS = 30
BOT_IDENTITY_CACHE_SECONDS = 3600  # the owner of a token does not change
MAX_CACHE_ENTRIES = 5000
MAX_PAGE_SIZE = 999  # "an integer under 1000"; twenty pages a minute (docs.slack.dev, conversations.list)
UNKNOWN_PERSON_CODES = {"user_not_found", "user_not_visible"}

_cache: dict[tuple, tuple[float, Any]] = {}
_failures: dict[tuple, float] = {}  # names that could not be fetched, so that a burst of messages asks only once


@dataclass(frozen=True)
class Profile:
    """A person as Slack knows them, with Slack's own field names; ``is_restricted`` means any guest.

    ``enterprise_id`` and ``enterprise_teams`` are those of a member of an Enterprise organization, whose ``team_id``
    may be missing or name another of its workspaces.
    """

    id: str
    name: str
    email: str = ""
    picture: str = ""
    team_id: str = ""
    enterprise_id: str = ""
    enterprise_teams: tuple[str, ...] = ()
    is_restricted: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    deleted: bool = False


@dataclass(frozen=True)
class ChannelInfo:
    id: str
    name: str
    is_archived: bool = False
    is_private: bool = False
    is_member: bool = False
    is_ext_shared: bool = False
    topic: str = ""


def get_profile(user_id: str, client: clients.Client | None = None) -> Profile:
    """Return the person with ``user_id``. Raises ChannelError, PermanentError where Slack knows nobody with this id."""
    slack = client or clients.current()
    return _get_cached(
        slack, ("user", user_id), lambda: _make_profile(slack.call("users.info", user=user_id).get("user"))
    )


def find_profile_by_email(email: str, client: clients.Client | None = None) -> Profile | None:
    """Return the person with this address, None where there is none. Raises ChannelError."""
    slack = client or clients.current()
    try:
        return _make_profile(slack.call("users.lookupByEmail", email=email).get("user"))
    except errors.PermanentError as refused:
        if api_errors.error_code(refused) != "users_not_found":
            raise
        return None


def list_members(client: clients.Client | None = None) -> list[Profile]:
    """List everybody in the workspace who is no bot and not deactivated; cached for minutes. Raises ChannelError."""
    slack = client or clients.current()

    def ask() -> list[Profile]:
        everybody = map(_make_profile, slack.pages("users.list", "members", limit=MAX_PAGE_SIZE))
        return [person for person in everybody if not (person.is_bot or person.deleted)]

    return _get_cached(slack, ("members",), ask)


def find_author(
    event: SlackEvent, ourselves: events.BotIdentity, client: clients.Client | None = None
) -> Profile | None:
    """Return the author of ``event``, None where Slack knows nobody with this id. Raises ChannelError.

    Slack does not name every member of another workspace who is in a shared channel (slack-poker-planner#20). What it
    says of them in the event counts then, and they are never taken for somebody of our own workspace.
    """
    try:
        return get_profile(event.author_id, client)
    except errors.PermanentError as refused:
        ours = {ourselves.team_id, ourselves.enterprise_id}
        # A message with files names no workspace (slack-api-specs#62); Slack knows everybody of ours.
        is_foreign = event.user_team not in ours if event.user_team else event.is_ext_shared
        if not is_foreign or api_errors.error_code(refused) not in UNKNOWN_PERSON_CODES:
            return None
    return Profile(
        id=event.author_id,
        name=event.author_name or event.author_id,
        picture=event.author_picture,
        team_id=event.user_team,
        is_stranger=True,
    )


def get_channel(channel_id: str, client: clients.Client | None = None) -> ChannelInfo:
    """Return the channel with ``channel_id``. Raises ChannelError, ChannelBlockedError where the bot cannot see it."""
    slack = client or clients.current()
    return _get_cached(
        slack,
        ("channel", channel_id),
        lambda: _make_channel_info(slack.call("conversations.info", channel=channel_id).get("channel")),
    )


def list_channels(client: clients.Client | None = None) -> list[ChannelInfo]:
    """List every channel the bot can see or is in that is not archived, by name. Raises ChannelError.

    Slack leaves channels that are shared with other companies out of conversations.list (matrix-appservice-slack#341).
    What users.conversations has is added, and left out where that fails.
    """
    slack = client or clients.current()
    kinds = {"types": "public_channel,private_channel", "exclude_archived": True, "limit": MAX_PAGE_SIZE}
    found = {info.id: info for info in map(_make_channel_info, slack.pages("conversations.list", "channels", **kinds))}
    with contextlib.suppress(errors.ChannelError):
        for info in map(_make_channel_info, slack.pages("users.conversations", "channels", **kinds)):
            found.setdefault(info.id, info)
    return sort_by_name(found.values(), lambda each: each.name)


def get_bot_identity(client: clients.Client | None = None) -> events.BotIdentity:
    """Return the identity of the bot itself. Raises ChannelError."""
    slack = client or clients.current()

    def ask() -> events.BotIdentity:
        answer = slack.call("auth.test")
        users, bots = {answer.get("user_id") or ""} - {""}, {answer.get("bot_id") or ""} - {""}
        return events.BotIdentity(
            str(answer.get("team_id") or ""),
            str(answer.get("app_id") or ""),
            frozenset(users),
            frozenset(bots),
            enterprise_id=str(answer.get("enterprise_id") or ""),
        )

    return _get_cached(slack, ("ourselves",), ask, BOT_IDENTITY_CACHE_SECONDS)


def get_name(external_id: str, client: clients.Client | None = None) -> str | None:
    """Return the name of a user (U…, W…), channel (C…, G…) or user group (S…), None where it cannot be fetched. Never
    raises.
    """
    kind = external_id[:1]
    if kind not in "UWCGS" or not external_id:
        return None
    slack = client or clients.current()
    address = _cache_key(slack, ("name", external_id))
    if time.monotonic() < _failures.get(address, 0):
        return None
    try:
        if kind == "S":
            return _get_user_groups(slack).get(external_id)
        return (get_profile(external_id, slack).name if kind in "UW" else get_channel(external_id, slack).name) or None
    except errors.ChannelError:
        _failures[address] = time.monotonic() + FAILURE_CACHE_SECONDS
        return None


def _get_user_groups(slack: clients.Client) -> dict[str, str]:
    """Return the handle of every user group by its id. Raises ChannelError."""

    def ask() -> dict[str, str]:
        groups = json_access.objects_in(slack.call("usergroups.list", include_disabled=True).get("usergroups"))
        return {str(each.get("id")): str(each.get("handle") or each.get("name") or "") for each in groups}

    return _get_cached(slack, ("user groups",), ask)


def is_own(person: Profile, ourselves: events.BotIdentity, event: SlackEvent | None = None) -> bool:
    """Return whether ``person`` belongs to our own workspace or Enterprise organization, also as a guest.

    The field of Slack's that seems to say so is false or absent for members of another workspace who are in a channel
    shared with the app. Where the ids of ``person`` do not decide it, what Slack says about the author of ``event``
    does. In doubt the answer is no.
    """
    ours = {ourselves.team_id, ourselves.enterprise_id} - {""}
    theirs = {person.team_id, person.enterprise_id, *person.enterprise_teams} - {""}
    if person.is_stranger or not ours:
        return False
    if ours & theirs:
        return True
    if theirs and not ourselves.enterprise_id:
        return False
    # In an Enterprise organization a profile may name only a home workspace that we do not know, or none.
    return event is not None and (event.is_internal or event.user_team in ours)


def is_full_member(person: Profile, ourselves: events.BotIdentity, event: SlackEvent | None = None) -> bool:
    """Return whether ``person`` is a full member of our own workspace or organization: no guest, no external user, no
    bot, not deactivated.
    """
    return is_own(person, ourselves, event) and not (person.is_restricted or person.is_bot or person.deleted)


def clear_cache(external_id: str | None = None) -> None:
    """Delete what is cached about ``external_id``, or about everybody."""
    for memory in (_cache, _failures):
        for key in list(memory):
            if external_id is None or external_id in key:
                memory.pop(key, None)


def _get_cached(slack: clients.Client, key: tuple, ask: Callable[[], Any], keep: float = CACHE_SECONDS) -> Any:
    now = time.monotonic()
    address = _cache_key(slack, key)
    when, value = _cache.get(address, (float("-inf"), None))
    if now - when >= keep:
        value = ask()
        if len(_cache) >= MAX_CACHE_ENTRIES:
            _cache.clear()
        _cache[address] = (now, value)
    return value


def _cache_key(slack: clients.Client, key: tuple) -> tuple:
    return (slack.base_url, slack.token, *key)


def _make_profile(user: Any) -> Profile:
    if not isinstance(user, dict) or not user.get("id"):
        raise api_errors.unknown_outcome_error(gettext("Slack's answer was incomplete."))
    details = json_access.object_in(user, "profile")
    names = (details.get("display_name"), details.get("real_name"), user.get("real_name"), user.get("name"))
    real = details.get("real_name") or user.get("real_name")
    grid = json_access.object_in(user, "enterprise_user")
    teams = grid.get("teams")
    return Profile(
        id=user["id"],
        name=str(real or next((each for each in names if each), "") or user["id"]),
        email=str(details.get("email") or ""),
        picture=str(details.get("image_192") or details.get("image_72") or details.get("image_48") or ""),
        team_id=str(user.get("team_id") or details.get("team") or ""),
        enterprise_id=str(grid.get("enterprise_id") or ""),
        enterprise_teams=tuple(each for each in teams if isinstance(each, str)) if isinstance(teams, list) else (),
        is_restricted=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
        is_bot=bool(user.get("is_bot") or user["id"] == events.SLACKBOT_USER_ID),
        deleted=bool(user.get("deleted")),
    )


def _make_channel_info(found: Any) -> ChannelInfo:
    if not isinstance(found, dict) or not found.get("id"):
        raise api_errors.unknown_outcome_error(gettext("Slack's answer was incomplete."))
    return ChannelInfo(
        id=found["id"],
        name=str(found.get("name") or ""),
        is_archived=bool(found.get("is_archived")),
        is_private=bool(found.get("is_private")),
        is_member=bool(found.get("is_member")),
        is_ext_shared=bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared")),
        topic=str(json_access.object_in(found, "topic").get("value") or ""),
    )
