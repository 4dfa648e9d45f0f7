"""The state of the workspace, in memory.

Everything is guarded by `WorkspaceState.lock`; changes are announced by `WorkspaceState.changed`.
"""

import collections
import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import users


@dataclass
class ChannelState:
    """One conversation.

    `messages` by timestamp, oldest first; `threads` maps a root to the timestamps of its replies.
    """

    id: str
    name: str
    topic: str = ""
    members: list[str] = field(default_factory=list)
    shared_with: str = ""
    private: bool = False
    direct_with: str = ""
    archived: bool = False
    created: int = 1_700_000_000
    messages: dict[str, dict] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its channel_type in events: channel, group or im."""
        return "im" if self.direct_with else "group" if self.private else "channel"

    def shown(self) -> dict:
        """The conversation object of the Web API, as the app sees it."""
        if self.direct_with:
            return {
                "id": self.id,
                "created": self.created,
                "is_im": True,
                "is_org_shared": False,
                "user": self.direct_with,
                "is_archived": False,
                "is_user_deleted": False,
            }
        shared = bool(self.shared_with)
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.private,
            "is_group": self.private,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.private,
            "created": self.created,
            "creator": personas.AGENTS[0].slack,
            "is_archived": self.archived,
            "is_general": self.name == "general",
            "unlinked": 0,
            "is_shared": shared,
            "is_ext_shared": shared,
            "is_org_shared": False,
            "is_pending_ext_shared": False,
            "pending_shared": [],
            "pending_connected_team_ids": [],
            "context_team_id": personas.TEAM_ID,
            "shared_team_ids": [personas.TEAM_ID, *([self.shared_with] if shared else [])],
            "connected_team_ids": [self.shared_with] if shared else [],
            "internal_team_ids": [personas.TEAM_ID] if shared else [],
            "is_member": personas.BOT_USER_ID in self.members,
            "num_members": len(self.members),
            "updated": self.created * 1000,
            "topic": {"value": self.topic, "creator": personas.AGENTS[0].slack, "last_set": self.created},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "previous_names": [],
            "parent_conversation": None,
        }


class WorkspaceState:
    """The whole workspace in memory."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.version = 0
        self.in_flight = 0
        self.users = users.list_users()
        self.channels: dict[str, ChannelState] = {
            conversation.id: ChannelState(
                conversation.id,
                conversation.name,
                conversation.topic,
                list(conversation.members),
                conversation.shared_with,
                conversation.private,
            )
            for conversation in personas.SLACK_CHANNELS
        }
        self.files: dict[str, dict] = {}
        self.uploads: dict[str, str] = {}
        self.contents: dict[str, bytes] = {}
        self.replies_lag_seconds = (
            0.0  # after which conversations.replies lists a stored reply; no source says how long
        )
        self.emoji: dict[str, str] = {}
        self.emoji_pictures: dict[str, bytes] = {}
        self.ephemerals: list[dict] = []
        self.views: dict[str, dict] = {}
        self.stacks: dict[str, list[str]] = {}
        self.homes: dict[str, dict] = {}
        self.calls: collections.Counter[str] = collections.Counter()
        self.share_seconds = 0.0  # how long after its upload a file is shown
        self.enterprise_id = ""  # the Enterprise organization that the workspace belongs to, if any
        self.users_without_external_flag = {
            "U0VIKTOR001"
        }  # in a shared channel Slack leaves it out of some user objects

        # Members of shared channels of whom users.info says user_not_found (slack-poker-planner#20).
        self.unnamed_users: set[str] = set()
        # Whether conversations.list has channels shared with other companies (matrix-appservice-slack#341: it has not).
        self.lists_shared_channels = True
        # Answers of files.info that a file just sent has no address yet (hermes-agent#45407).
        self.unfinished_file_answers = 0
        # Slack's reference shows message_deleted without previous_message, its samples with it.
        self.deletes_with_previous_message = True

    def touch(self) -> None:
        """Notify all waiting threads of a change. The lock must be held."""
        self.version += 1
        self.changed.notify_all()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Count a request as being handled for the length of the block."""
        with self.lock:
            self.in_flight += 1
        try:
            yield
        finally:
            with self.changed:
                self.in_flight -= 1
                self.changed.notify_all()

    def wait(self, ready, timeout: float):
        """Wait until `ready()` is true and return its value; after `timeout` seconds whatever it is then."""
        end = time.monotonic() + timeout
        with self.lock:
            while not (value := ready()):
                left = end - time.monotonic()
                if left <= 0:
                    return value
                self.changed.wait(left)
            return value

    def wait_change(self, seen: int, timeout: float) -> int:
        """The version, as soon as it is not `seen` any more, or after `timeout` seconds."""
        with self.changed:
            self.changed.wait_for(lambda: self.version != seen, timeout)
            return self.version

    def direct(self, user: str) -> ChannelState:
        """The app's direct message channel with this user, created when first needed."""
        known = "D" + user[1:]
        if known not in self.channels:
            self.channels[known] = ChannelState(known, "", members=[user, personas.BOT_USER_ID], direct_with=user)
        return self.channels[known]
