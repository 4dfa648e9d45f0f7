"""Reads messages, threads and views of the workspace, for tests."""

from typing import TYPE_CHECKING

from helpdesk.demo.slack_workspace import message_store, modals

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.events_api import EventDelivery
    from helpdesk.demo.slack_workspace.state import WorkspaceState


class WorkspaceInspection:
    """The part of a Workspace that reads its state."""

    state: "WorkspaceState"
    events: "EventDelivery"

    def posted(self, channel: str) -> list[dict]:
        """The messages of a channel that are not inside threads, oldest first, with metadata."""
        with self.state.lock:
            conversation = self.state.channels[channel]
            return [
                message_store.format_message(conversation, m, True)
                for m in conversation.messages.values()
                if m.get("thread_ts") in (None, m["ts"])
            ]

    def replies(self, channel: str, ts: str) -> list[dict]:
        """A thread: the root, then its replies in order. Empty when there is no such message."""
        with self.state.lock:
            conversation = self.state.channels[channel]
            if ts not in conversation.messages:
                return []
            return [
                message_store.format_message(conversation, conversation.messages[t], True)
                for t in [ts, *conversation.threads.get(ts, [])]
            ]

    def message(self, channel: str, ts: str) -> dict:
        """One message. Raises KeyError when it was deleted."""
        with self.state.lock:
            conversation = self.state.channels[channel]
            return message_store.format_message(conversation, conversation.messages[ts], True)

    def ephemerals(self, channel: str | None = None, user: str | None = None) -> list[dict]:
        """The app's ephemeral messages; each has `channel` and `user_to` besides the message."""
        with self.state.lock:
            every = list(self.state.ephemerals)
        return [one for one in every if channel in (None, one["channel"]) and user in (None, one["user_to"])]

    def home_view(self, user: str) -> dict | None:
        """What the app published on this user's Home tab."""
        with self.state.lock:
            return modals.format_view(self.state.homes[user]) if user in self.state.homes else None

    def wait_posted(self, channel: str, count: int = 1, timeout: float = 5) -> list[dict]:
        """`posted`, once there are that many. AssertionError after `timeout` seconds."""
        return self._expect(lambda: self.posted(channel), count, timeout, f"messages in {channel}")

    def wait_replies(self, channel: str, ts: str, count: int, timeout: float = 5) -> list[dict]:
        """`replies`, once there are that many, the root counted. AssertionError after `timeout` seconds."""
        return self._expect(lambda: self.replies(channel, ts), count, timeout, f"messages in the thread {ts}")

    def wait_ephemerals(self, user: str, count: int = 1, timeout: float = 5) -> list[dict]:
        """`ephemerals` of a user, once there are that many. AssertionError after `timeout` seconds."""
        return self._expect(lambda: self.ephemerals(user=user), count, timeout, f"ephemeral messages to {user}")

    def wait_modal(self, user: str, timeout: float = 5) -> dict:
        """`modal`, once one is open. AssertionError after `timeout` seconds."""
        found = self.state.wait(lambda: self.modal(user), timeout)
        assert found, f"no modal opened for {user} within {timeout} s"
        return found

    def settle(self, timeout: float = 5) -> bool:
        """Wait until every event was delivered or given up."""
        return self.events.settle(timeout)

    def _expect(self, look, count: int, timeout: float, what: str) -> list[dict]:
        self.state.wait(lambda: len(look()) >= count, timeout)
        found = look()
        assert len(found) >= count, f"{len(found)} {what} after {timeout} s, expected {count}"
        return found
