"""Check that Slack works for us with real calls: the token, each permission, each channel, and a test message."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api import directory, find_message, send
from helpdesk.channels.slack.api.requests import web_api_request
from helpdesk.channels.slack.render import blocks
from helpdesk.domain.outbox import errors
from helpdesk.translation import gettext, lazy_gettext

# The permissions of the shipped manifest, and why each is needed; a test compares the two.
REQUIRED_SCOPES = {
    "channels:history": lazy_gettext("reads replies in public channels, and looks whether a message arrived"),
    "channels:join": lazy_gettext("joins a public channel that was chosen in the settings"),
    "channels:read": lazy_gettext("knows channels by name, and who is in them"),
    "chat:write": lazy_gettext("posts cards and replies"),
    "chat:write.customize": lazy_gettext("shows replies under their author's name and picture"),
    "commands": lazy_gettext("offers /ticket and the message shortcut"),
    "emoji:read": lazy_gettext("copies the pictures of the workspace's own emoji that messages have"),
    "files:read": lazy_gettext("takes files from threads to the portal"),
    "files:write": lazy_gettext("puts files from the portal into threads"),
    "groups:history": lazy_gettext("reads replies in private channels the bot was invited to"),
    "groups:read": lazy_gettext("knows those private channels by name"),
    "reactions:read": lazy_gettext("takes a ticket at 👀 and solves it at ✅"),
    "reactions:write": lazy_gettext("marks each message with what it became"),
    "usergroups:read": lazy_gettext("knows user groups by name"),
    "users:read": lazy_gettext("knows names and pictures, and who is a guest"),
    "users:read.email": lazy_gettext("matches people in Slack with agents and customers"),
}


@dataclass(frozen=True)
class CheckResult:
    """The result of one check: what was checked, whether it worked, and a sentence about it."""

    what: str
    ok: bool
    sentence: str

    @property
    def title(self) -> str:
        """What was checked, as people read it."""
        titles = {
            "token": gettext("Token"),
            "permissions": gettext("Permissions"),
            "round trip": gettext("Round trip"),
        }
        channel = self.what.removeprefix("channel ")
        return titles.get(self.what) or gettext("Channel %(channel)s", channel=channel)


def run_checks(triage: str, channels: Iterable[str] = (), client: clients.Client | None = None) -> list[CheckResult]:
    """Run all checks with the channel ids ``triage`` and ``channels``. Never raises; a failed check states what to
    do.
    """
    slack = client or clients.current()
    token, scopes = _check_token(slack)
    checks = [token]
    if not token.ok:
        return checks
    checks.append(_check_scopes(scopes))
    for channel in dict.fromkeys([triage, *channels]):
        if channel:
            checks.append(_check_membership(slack, channel))
    checks.append(
        _check_round_trip(slack, triage)
        if triage
        else CheckResult("round trip", False, gettext("No triage channel is set."))
    )
    return checks


def _check_token(slack: clients.Client) -> tuple[CheckResult, str]:
    try:
        answer = slack.answer("auth.test", {})
    except errors.ChannelError as failed:
        return CheckResult("token", False, failed.reason), ""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    sentence = gettext(
        "Connected to %(workspace)s as %(bot)s.",
        workspace=answer.data.get("team") or gettext("the workspace"),
        bot=answer.data.get("user") or gettext("the bot"),
    )
    return CheckResult("token", True, sentence), headers.get("x-oauth-scopes", "")


def _check_scopes(granted: str) -> CheckResult:
    if not granted.strip():
        return CheckResult("permissions", True, gettext("Slack did not say which permissions the app has."))
    missing = sorted(set(REQUIRED_SCOPES) - {scope.strip() for scope in granted.split(",")})
    if not missing:
        return CheckResult("permissions", True, gettext("The app has every permission it needs."))
    needs = "; ".join(f"{scope} ({REQUIRED_SCOPES[scope]})" for scope in missing)
    return CheckResult("permissions", False, gettext("Add to the app and install it again: %(needs)s.", needs=needs))


def _check_membership(slack: clients.Client, channel_id: str) -> CheckResult:
    directory.clear_cache(channel_id)
    try:
        channel = directory.get_channel(channel_id, slack)
    except errors.ChannelError as failed:
        return CheckResult(f"channel {channel_id}", False, failed.reason)
    what = f"channel #{channel.name}"
    if channel.is_archived:
        return CheckResult(
            what,
            False,
            gettext("#%(channel)s is archived. Choose another channel or bring it back.", channel=channel.name),
        )
    if not channel.is_member and channel.is_private:
        return CheckResult(
            what, False, gettext("The bot is not in #%(channel)s. Invite it with /invite.", channel=channel.name)
        )
    if not channel.is_member:
        return CheckResult(
            what, True, gettext("The bot joins #%(channel)s when it first posts there.", channel=channel.name)
        )
    return CheckResult(what, True, gettext("The bot is in #%(channel)s.", channel=channel.name))


def _check_round_trip(slack: clients.Client, channel: str) -> CheckResult:
    post = web_api_request(
        "chat.postMessage",
        {"channel": channel, **blocks.event_line(gettext("Checking the connection."))},
        "doctor-" + secrets.token_hex(8),
    )
    try:
        sent = send.send(post, slack)
        found = find_message.find(post, slack)
        send.send(web_api_request("chat.delete", {"channel": channel, "ts": sent.external_id}, post.key), slack)
    except errors.ChannelError as failed:
        return CheckResult("round trip", False, failed.reason)
    if found is None or found.external_id != sent.external_id:
        return CheckResult("round trip", False, gettext("A message was posted but could not be read back."))
    return CheckResult("round trip", True, gettext("A message was posted, read back and deleted."))
