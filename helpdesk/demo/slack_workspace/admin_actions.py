"""What befalls a workspace: channels come and go, tokens are revoked, and requests go wrong."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import api_faults, ids, state

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.api_rate_limits import RateLimits
    from helpdesk.demo.slack_workspace.events_api import EventDelivery


class AdminActions:
    """The half of a Workspace that changes its circumstances."""

    state: state.WorkspaceState
    events: "EventDelivery"
    limits: "RateLimits"
    misbehaviour: api_faults.ApiFaults

    def archive(self, channel: str, user: str = "") -> None:
        """Archive a channel."""
        self._archived(channel, user, True)

    def unarchive(self, channel: str, user: str = "") -> None:
        """Bring a channel back."""
        self._archived(channel, user, False)

    def kick(self, channel: str, user: str) -> None:
        """Remove somebody (also the app itself) from a channel."""
        with self.state.lock:
            room = self.state.channels[channel]
            room.members.remove(user)
            event = {
                "type": "member_left_channel",
                "user": user,
                "channel": channel,
                "channel_type": "C",
                "team": personas.TEAM_ID,
            }
            self.events.announce(None if user == personas.BOT_USER_ID else room, event)
            self.state.touch()

    def invite(self, channel: str, user: str) -> None:
        """Put somebody (also the app itself) into a channel."""
        with self.state.lock:
            room = self.state.channels[channel]
            if user not in room.members:
                room.members.append(user)
            self.events.announce(
                room,
                {
                    "type": "member_joined_channel",
                    "user": user,
                    "channel": channel,
                    "channel_type": "C",
                    "team": self.state.users[user]["team_id"],
                },
            )
            self.state.touch()

    def create_channel(
        self, name: str, members: Iterable[str] = (), shared_with: str = "", private: bool = False
    ) -> str:
        """Make a channel; returns its id."""
        with self.state.lock:
            number = ids.create_id("C")
            self.state.channels[number] = state.ChannelState(
                number, name, members=list(members), shared_with=shared_with, private=private
            )
            self.state.touch()
            return number

    def revoke(self, seconds: float | None = None) -> None:
        """Take the app's token away, for good or for so many seconds."""
        self.limits.revoke(seconds)

    def unrevoke(self) -> None:
        """Give the token back."""
        self.limits.revoke(0)

    def misbehave(self, method: str, kind: str, **how) -> api_faults.ApiFault:
        """Make the next calls of a method go wrong; see `misbehaviour.KINDS`."""
        return self.misbehaviour.add(method, kind, **how)

    def behave(self) -> None:
        """End every misbehaviour, also of events."""
        self.misbehaviour.clear()
        self.events.faults()

    def wait_idle(self, timeout: float) -> bool:
        """Wait until no request is being worked on; False if one still is after ``timeout`` seconds."""
        return bool(self.state.wait(lambda: not self.state.in_flight, timeout))

    def store_late_requests(self) -> None:
        """Store the requests of the misbehaviour "late" whose time has come by the clock."""
        self.misbehaviour.store_late_requests()

    def dark(self, seconds: float) -> None:
        """Reset every API request for so many seconds."""
        self.misbehaviour.dark(seconds)

    def event_faults(self, **chances) -> None:
        """Double, reorder or lose events: doubled, reordered, lost (0 to 1), seed, hold (seconds)."""
        self.events.faults(**chances)

    def _archived(self, channel: str, user: str, archived: bool) -> None:
        with self.state.lock:
            room = self.state.channels[channel]
            room.archived = archived
            kind = "channel_archive" if archived else "channel_unarchive"
            self.events.announce(room, {"type": kind, "channel": channel, "user": user or personas.AGENTS[0].slack})
            self.state.touch()
