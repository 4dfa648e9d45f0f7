"""The workspace as tests and the page use it: people who say, press and submit, and a record to judge by."""

import json
from collections.abc import Iterable

from helpdesk.demo import cast, serving
from helpdesk.demo.slack import (
    events,
    ids,
    interactivity,
    limits,
    misbehaviour,
    modals,
    richtext,
    signing,
    state,
    store,
)
from helpdesk.demo.slack.api import chat, files


class Workspace:
    """One Slack workspace. Urls that are None are simply never called; delays and timeouts are in seconds."""

    def __init__(self, *, events_url: str | None = None, actions_url: str | None = None,
        commands_url: str | None = None,
                 options_url: str | None = None, portal_url: str | None = None, base_url: str | None = None,
                 signing_secret: str = cast.SIGNING_SECRET, bot_token: str = cast.BOT_TOKEN,
                 retry_delays: tuple[float, ...] = (0, 60, 300), event_timeout: float = 3.0,
                 rate_limits: bool = False):  # fmt: skip
        hooks = portal_url.rstrip("/") + "/hooks/slack/" if portal_url else None
        self.signing_secret, self.bot_token = signing_secret, bot_token
        self.scopes = set(cast.SCOPES)
        self.tickets: set[str] = set()
        self.address = serving.Base(base_url)
        self.state = state.State()
        self.limits = limits.Limits(rate_limits)
        self.misbehaviour = misbehaviour.Misbehaviour()
        self.events = events.Events(
            self, events_url or (hooks and hooks + "events"), tuple(retry_delays), event_timeout
        )
        self.interactivity = interactivity.Interactivity(
            self,
            actions_url or (hooks and hooks + "actions"),
            commands_url or (hooks and hooks + "commands"),
            options_url,
        )

    @property
    def base(self) -> str:
        """The workspace's own address, without a slash at the end."""
        return self.address.get() or "http://127.0.0.1:5001/slack"

    @property
    def calls(self):
        """How often each Web API method was called, by name."""
        return self.state.calls

    # What people do.

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None, files: Iterable = (),
            broadcast: bool = False) -> str:  # fmt: skip
        """Type a message. `files` are (name, bytes) or (name, bytes, mimetype). Returns its timestamp.

        `text` is mrkdwn as a person types it; <@U…> and <#C…> are mentions. KeyError for an unknown place or
        person.
        """
        with self.state.lock:
            room = self._room(user, channel)
            stored = richtext.escaped(text)
            message = store.by_person(self, user, stored, richtext.block(stored))
            if text.startswith("/me "):
                message = store.by_person(self, user, stored[4:], [], subtype="me_message")
            attached = [self._file(user, *one) for one in files]
            if attached:
                return share_files(self, room, message, attached, thread_ts, broadcast)["ts"]
            return store.add(self, room, message, thread_ts, broadcast)["ts"]

    def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change one's own message. PermissionError for somebody else's."""
        with self.state.lock:
            room = self._room(user, channel)
            self._mine(room, user, ts)
            stored = richtext.escaped(text)
            store.edit(self, room, ts, {"text": stored, "blocks": richtext.block(stored) or None}, user)

    def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete one's own message, or anybody's as an admin of the workspace."""
        with self.state.lock:
            room = self._room(user, channel)
            if not self.state.users[user].get("is_admin"):
                self._mine(room, user, ts)
            store.delete(self, room, ts)

    def react(self, user: str, channel: str, ts: str, name: str) -> bool:
        """Add a reaction; False when it was there."""
        with self.state.lock:
            return store.react(self, self._room(user, channel), ts, user, name)

    def unreact(self, user: str, channel: str, ts: str, name: str) -> bool:
        """Take a reaction back; False when there was none."""
        with self.state.lock:
            return store.unreact(self, self._room(user, channel), ts, user, name)

    def press(
        self, user: str, channel: str, ts: str, action_id: str, value: str | None = None
    ) -> signing.Answer:
        """Press a button (or choose `value` in a select) of a message, or of an ephemeral one.

        KeyError if it is not there.
        """
        with self.state.lock:
            room = self.state.channels[channel]
            whisper = next((w for w in self.state.ephemerals if w["ts"] == ts and w["user_to"] == user), None)
            message = store.shown(room, whisper or room.messages[ts])
            action = _action(message, action_id, value)
            container = {
                "type": "message",
                "message_ts": ts,
                "channel_id": channel,
                "is_ephemeral": whisper is not None,
            }
            if message.get("thread_ts"):
                container["thread_ts"] = message["thread_ts"]
        return self.interactivity.block_action(user, container, room, message, action)

    def press_view(
        self, user: str, view_id: str, action_id: str, value: str | None = None, values: dict | None = None
    ) -> signing.Answer:
        """Press a button (or choose `value`) inside a modal or on the Home tab; `values` is what the inputs hold by then."""
        with self.state.lock:
            view = self.state.views[view_id]
            if values:
                view["state"] = modals.fill(view, values)
            action = _action(view, action_id, value)
        return self.interactivity.block_action(user, {"type": "view", "view_id": view_id}, None, None, action, view)

    def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> signing.Answer:
        """Use a message shortcut on a message."""
        with self.state.lock:
            room = self._room(user, channel)
            message = store.shown(room, room.messages[ts])
        return self.interactivity.message_shortcut(user, room, message, callback_id)

    def command(self, user: str, channel: str, command: str, text: str = "") -> tuple[int, str]:
        """Type a slash command. Returns the portal's status (0: none) and body."""
        answer = self.interactivity.command(user, self._room(user, channel), command, text)
        return answer.status, answer.body.decode("utf-8", "replace")

    def home(self, user: str) -> None:
        """Open the app's Home tab."""
        with self.state.lock:
            event = {
                "type": "app_home_opened",
                "user": user,
                "channel": self.state.direct(user).id,
                "tab": "home",
            }
            if user in self.state.homes:
                event["view"] = modals.shown(self.state.homes[user])
        self.events.announce(None, event)

    def modal(self, user: str) -> dict | None:
        """The modal this user has open, topmost."""
        with self.state.lock:
            stack = self.state.stacks.get(user)
            return dict(self.state.views[stack[-1]]) if stack else None

    def submit(self, user: str, values: dict | None = None) -> dict:
        """Fill in and submit the open modal: {block_id: {action_id: value}}. Returns the app's answer.

        LookupError if none is open.
        """
        with self.state.lock:
            stack = self.state.stacks.get(user)
            if not stack:
                raise LookupError(f"{user} has no modal open")
            view = self.state.views[stack[-1]]
            view["state"] = modals.fill(view, values or {})
        return self.interactivity.submission(user, view)

    def close(self, user: str) -> None:
        """Dismiss the open modal."""
        self.interactivity.closing(user)

    # What the record says.

    def posted(self, channel: str) -> list[dict]:
        """The messages of a channel that are not inside threads, oldest first, with metadata."""
        with self.state.lock:
            room = self.state.channels[channel]
            return [
                store.shown(room, m, True)
                for m in room.messages.values()
                if m.get("thread_ts") in (None, m["ts"])
            ]

    def replies(self, channel: str, ts: str) -> list[dict]:
        """A thread: the root, then its replies in order. Empty when there is no such message."""
        with self.state.lock:
            room = self.state.channels[channel]
            if ts not in room.messages:
                return []
            return [store.shown(room, room.messages[t], True) for t in [ts, *room.threads.get(ts, [])]]

    def message(self, channel: str, ts: str) -> dict:
        """One message. KeyError when it is gone."""
        with self.state.lock:
            room = self.state.channels[channel]
            return store.shown(room, room.messages[ts], True)

    def ephemerals(self, channel: str | None = None, user: str | None = None) -> list[dict]:
        """What the app whispered; each has `channel` and `user_to` beside the message."""
        with self.state.lock:
            every = list(self.state.ephemerals)
        return [w for w in every if channel in (None, w["channel"]) and user in (None, w["user_to"])]

    def home_view(self, user: str) -> dict | None:
        """What the app published on this user's Home tab."""
        with self.state.lock:
            return modals.shown(self.state.homes[user]) if user in self.state.homes else None

    def wait_posted(self, channel: str, count: int = 1, timeout: float = 5) -> list[dict]:
        """`posted`, once there are that many. AssertionError after `timeout` seconds."""
        return self._expect(lambda: self.posted(channel), count, timeout, f"messages in {channel}")

    def wait_replies(self, channel: str, ts: str, count: int, timeout: float = 5) -> list[dict]:
        """`replies`, once there are that many, the root counted. AssertionError after `timeout` seconds."""
        return self._expect(lambda: self.replies(channel, ts), count, timeout, f"messages in the thread {ts}")

    def wait_ephemerals(self, user: str, count: int = 1, timeout: float = 5) -> list[dict]:
        """`ephemerals` of a user, once there are that many. AssertionError after `timeout` seconds."""
        return self._expect(
            lambda: self.ephemerals(user=user), count, timeout, f"ephemeral messages to {user}"
        )

    def wait_modal(self, user: str, timeout: float = 5) -> dict:
        """`modal`, once one is open. AssertionError after `timeout` seconds."""
        found = self.state.wait(lambda: self.modal(user), timeout)
        assert found, f"no modal opened for {user} within {timeout} s"
        return found

    def settle(self, timeout: float = 5) -> bool:
        """Wait until every event was delivered or given up."""
        return self.events.settle(timeout)

    # What befalls the workspace.

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
                "team": cast.TEAM_ID,
            }
            self.events.announce(None if user == cast.BOT_USER_ID else room, event)
            self.state.touch()

    def invite(self, channel: str, user: str) -> None:
        """Put somebody (also the app itself) into a channel."""
        with self.state.lock:
            room = self.state.channels[channel]
            if user not in room.members:
                room.members.append(user)
            self.events.announce(room, {
                "type": "member_joined_channel", "user": user, "channel": channel, "channel_type": "C",
                "team": self.state.users[user]["team_id"],
            })  # fmt: skip
            self.state.touch()

    def create_channel(
        self, name: str, members: Iterable[str] = (), shared_with: str = "", private: bool = False
    ) -> str:
        """Make a channel; returns its id."""
        with self.state.lock:
            number = ids.new("C")
            self.state.channels[number] = state.Channel(number, name, members=list(members),
                shared_with=shared_with,
                                                        private=private)  # fmt: skip
            self.state.touch()
            return number

    def revoke(self, seconds: float | None = None) -> None:
        """Take the app's token away, for good or for so many seconds."""
        self.limits.revoke(seconds)

    def unrevoke(self) -> None:
        """Give the token back."""
        self.limits.revoke(0)

    def misbehave(self, method: str, kind: str, **how) -> misbehaviour.Rule:
        """Make the next calls of a method go wrong; see `misbehaviour.KINDS`."""
        return self.misbehaviour.add(method, kind, **how)

    def behave(self) -> None:
        """End every misbehaviour, also of events."""
        self.misbehaviour.clear()
        self.events.faults()

    def dark(self, seconds: float) -> None:
        """Reset every API request for so many seconds."""
        self.misbehaviour.dark(seconds)

    def event_faults(self, **chances) -> None:
        """Double, reorder or lose events: doubled, reordered, lost (0 to 1), seed, hold (seconds)."""
        self.events.faults(**chances)

    # What the Web API needs of us.

    def whisper(self, room: state.Channel, user: str, body: dict, thread_ts: str = "") -> dict:
        """Keep an ephemeral message for one user. The lock must be held."""
        message = {
            "type": "message",
            **chat.app_message(self, body),
            "ts": ids.timestamp(),
            "is_ephemeral": True,
        }
        message |= {"channel": room.id, "user_to": user}
        if thread_ts:
            message["thread_ts"] = thread_ts
        self.state.ephemerals.append(message)
        self.state.touch()
        return message

    def permalink(self, room: state.Channel, ts: str) -> str:
        """The address of a message on the page."""
        link = f"{self.base}/archives/{room.id}/p{ts.replace('.', '')}"
        root = room.messages[ts].get("thread_ts")
        return f"{link}?thread_ts={root}&cid={room.id}" if root and root != ts else link

    def _room(self, user: str, channel: str) -> state.Channel:
        room = self.state.channels[channel]
        if user not in room.members:
            raise KeyError(f"{user} is not in {channel}")
        return room

    def _mine(self, room: state.Channel, user: str, ts: str) -> None:
        if room.messages[ts].get("user") != user:
            raise PermissionError("only the author may do this")

    def _file(self, user: str, name: str, content: bytes, mimetype: str = "") -> dict:
        file = files.make(self, name, user, mimetype)
        self.state.contents[file["id"]] = content
        file |= {"size": len(content), "_complete": True}
        return file

    def _archived(self, channel: str, user: str, archived: bool) -> None:
        with self.state.lock:
            room = self.state.channels[channel]
            room.archived = archived
            kind = "channel_archive" if archived else "channel_unarchive"
            self.events.announce(
                room, {"type": kind, "channel": channel, "user": user or cast.AGENTS[0].slack}
            )
            self.state.touch()

    def _expect(self, look, count: int, timeout: float, what: str) -> list[dict]:
        self.state.wait(lambda: len(look()) >= count, timeout)
        found = look()
        assert len(found) >= count, f"{len(found)} {what} after {timeout} s, expected {count}"
        return found


share_files = files.share


def _action(owner: dict, action_id: str, value: str | None) -> dict:
    for block in [
        *owner.get("blocks", []),
        *(b for a in owner.get("attachments", []) for b in a.get("blocks", [])),
    ]:
        for element in [*block.get("elements", []), block.get("accessory") or {}, block.get("element") or {}]:
            if not isinstance(element, dict) or element.get("action_id") != action_id:
                continue
            action = {"type": element["type"], "action_id": action_id, "block_id": block["block_id"],
                      "action_ts": ids.timestamp()}  # fmt: skip
            if element["type"] == "button":
                action |= {key: element[key] for key in ("text", "value", "style", "url") if key in element}
            elif element["type"] in ("users_select", "conversations_select", "channels_select"):
                action[f"selected_{element['type'].split('s_')[0]}"] = value
            elif element["type"] == "datepicker":
                action["selected_date"] = value
            else:
                options = element.get("options", [])
                action["selected_option"] = next((o for o in options if o["value"] == value), None)
            return json.loads(json.dumps(action))
    raise KeyError(f"no {action_id} there")
