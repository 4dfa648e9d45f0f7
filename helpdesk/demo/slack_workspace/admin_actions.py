"""Actions of a workspace's admins (channels, membership, tokens) and faults on request."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import api_faults, ids, message_store, state, users

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.api_rate_limits import RateLimits
    from helpdesk.demo.slack_workspace.events_api import EventDelivery


class AdminActions:
    """The part of a Workspace that changes channels, membership, tokens and faults."""

    state: state.WorkspaceState
    events: "EventDelivery"
    limits: "RateLimits"
    api_faults: api_faults.ApiFaults

    def add_emoji(self, name: str, picture: bytes = b"", alias: str = "") -> None:
        """Add an emoji of the workspace's own, with a picture or as another name of one.

        Source: docs.slack.dev/reference/events/emoji_changed; sample events/EmojiChangedPayload.json.
        """
        with self.state.lock:
            self.state.emoji[name] = f"alias:{alias}" if alias else f"{self.base}/emoji/{name}.png"
            self.state.emoji_pictures[name] = picture

    def say_through_app(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Let another app post with the token of ``user``: the message is theirs and has the app's ``bot_id``.

        Source: claude-threads#526; bot_profile: sample events/MessagePayload.json.
        """
        app = {"id": "B0OTHERAPP1", "app_id": "A0OTHERAPP1", "name": "Voice desk", "deleted": False}
        with self.state.lock:
            message = message_store.build_user_message(
                self, user, text, [], bot_id=app["id"], app_id=app["app_id"], bot_profile=app
            )
            return message_store.add_message(self, self.state.channels[channel], message, thread_ts)["ts"]

    def archive(self, channel: str, user: str = "") -> None:
        """Archive a channel.

        Source: docs.slack.dev/reference/events/channel_archive.
        """
        self._archived(channel, user, True)

    def unarchive(self, channel: str, user: str = "") -> None:
        """Unarchive a channel.

        Source: docs.slack.dev/reference/events/channel_unarchive.
        """
        self._archived(channel, user, False)

    def kick(self, channel: str, user: str) -> None:
        """Remove somebody (also the app itself) from a channel.

        Source: docs.slack.dev/reference/events/member_left_channel; sample events/MemberLeftChannelPayload.json.
        """
        with self.state.lock:
            conversation = self.state.channels[channel]
            conversation.members.remove(user)
            event = {
                "type": "member_left_channel",
                "user": user,
                "channel": channel,
                "channel_type": "C",
                "team": personas.TEAM_ID,
            }
            self.events.announce(None if user == personas.BOT_USER_ID else conversation, event)
            self.state.touch()

    def invite(self, channel: str, user: str) -> None:
        """Add somebody (also the app itself) to a channel.

        Source: docs.slack.dev/reference/events/member_joined_channel; sample events/MemberJoinedChannelPayload.json.
        """
        with self.state.lock:
            conversation = self.state.channels[channel]
            if user not in conversation.members:
                conversation.members.append(user)
            self.events.announce(
                conversation,
                {
                    "type": "member_joined_channel",
                    "user": user,
                    "channel": channel,
                    "channel_type": "C",
                    "team": users.get_team(self.state.users[user]),
                },
            )
            self.state.touch()

    def create_channel(
        self, name: str, members: Iterable[str] = (), shared_with: str = "", private: bool = False
    ) -> str:
        """Create a channel; returns its id.

        Source: docs.slack.dev/reference/objects/conversation-object; sample api/conversations.info.json.
        """
        with self.state.lock:
            number = ids.create_id("C")
            self.state.channels[number] = state.ChannelState(
                number, name, members=list(members), shared_with=shared_with, private=private
            )
            self.state.touch()
            return number

    def change_channel_id(self, channel: str, shared_with: str = "") -> str:
        """Give a channel a new id, as Slack may when a private one becomes shared; returns it
        (docs.slack.dev/reference/events/channel_id_changed). Messages keep their timestamps.

        Source: docs.slack.dev/reference/events/channel_id_changed; sample events/ChannelIdChangedPayload.json.
        """
        with self.state.lock:
            conversation = self.state.channels.pop(channel)
            conversation.id, conversation.shared_with = ids.create_id("C"), shared_with
            self.state.channels[conversation.id] = conversation
            event = {"type": "channel_id_changed", "old_channel_id": channel, "new_channel_id": conversation.id}
            self.events.announce(conversation, event)
            self.state.touch()
            return conversation.id

    def join_enterprise(self, enterprise_id: str) -> None:
        """Make the workspace one of an Enterprise organization.

        Source: docs.slack.dev/reference/objects/user-object (enterprise_user).
        """
        with self.state.lock:
            self.state.enterprise_id = enterprise_id

    def add_enterprise_user(
        self, user: str, name: str, email: str, teams: Iterable[str] = (personas.TEAM_ID,), home: str = "", **fields
    ) -> None:
        """Add a member of the workspace's Enterprise organization, with access to the workspaces ``teams``.

        ``home`` is the workspace that users.info names as theirs, which may be another one than the one where they
        write (bolt-js#1875); "" leaves the field out, as Slack does for some (lookerbot#184). Ids may begin with W
        (Slack's changelog "User ID format changes", 2016-08-11).

        Source: lookerbot#184, slack-morphism-rust#215.
        """
        person = personas.Person(name, email, "northwind", slack=user)
        with self.state.lock:
            built = users.build_user(person)
            built["enterprise_user"] = users.build_enterprise_user(
                user, self.state.enterprise_id, personas.TEAM_NAME, list(teams)
            )
            for named in (built, built["profile"]):
                key = "team_id" if named is built else "team"
                named.pop(key)
                if home:
                    named[key] = home
            self.state.users[user] = built | fields

    def revoke(self, seconds: float | None = None) -> None:
        """Revoke the app's token, for good or for so many seconds.

        Source: docs.slack.dev/reference/events/tokens_revoked; sample events/TokensRevokedPayload.json.
        """
        self.limits.revoke(seconds)

    def unrevoke(self) -> None:
        """Make the token valid again.

        Source: docs.slack.dev/reference/events/tokens_revoked.
        """
        self.limits.revoke(0)

    def misbehave(self, method: str, kind: str, **how) -> api_faults.ApiFault:
        """Let the next calls of a method fail; see `api_faults.FAULT_KINDS`."""
        return self.api_faults.add(method, kind, **how)

    def behave(self) -> None:
        """End every fault, also of events."""
        self.api_faults.clear()
        self.events.faults()

    def delay_replies(self, seconds: float) -> None:
        """Let conversations.replies list a stored reply only after so many seconds."""
        with self.state.lock:
            self.state.replies_lag_seconds = seconds

    def expire(self) -> int:
        """Remove every message without an event, as a workspace's retention does; returns how many
        (slack.com/help/articles/203457187: what is older than the retention is deleted; no event is documented).
        """
        with self.state.lock:
            count = sum(len(channel.messages) for channel in self.state.channels.values())
            for channel in self.state.channels.values():
                channel.messages.clear()
                channel.threads.clear()
            self.state.touch()
            return count

    def wait_idle(self, timeout: float) -> bool:
        """Wait until no request is being handled; False if one still is after ``timeout`` seconds."""
        return bool(self.state.wait(lambda: not self.state.in_flight, timeout))

    def store_late_requests(self) -> None:
        """Store the requests of the fault "late" whose time has come."""
        self.api_faults.store_late_requests()

    def dark(self, seconds: float) -> None:
        """Reset every API request for so many seconds."""
        self.api_faults.dark(seconds)

    def event_faults(self, **chances) -> None:
        """Duplicate, reorder or lose events: doubled, reordered, lost (0 to 1), seed, hold (seconds)."""
        self.events.faults(**chances)

    def _archived(self, channel: str, user: str, archived: bool) -> None:
        with self.state.lock:
            conversation = self.state.channels[channel]
            conversation.archived = archived
            kind = "channel_archive" if archived else "channel_unarchive"
            self.events.announce(
                conversation, {"type": kind, "channel": channel, "user": user or personas.AGENTS[0].slack}
            )
            self.state.touch()
