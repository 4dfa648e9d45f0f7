"""The workspace as tests, the page and the control API use it: what users do, and what they see."""

import json
from collections.abc import Iterable

from helpdesk.demo import app_permissions, personas, wsgi_server
from helpdesk.demo.slack_workspace import (
    admin_actions,
    api_faults,
    api_rate_limits,
    events_api,
    ids,
    inspection,
    interactivity,
    message_store,
    modals,
    rich_text_parser,
    shared_files,
    signed_requests,
    socket_mode,
    state,
)
from helpdesk.demo.slack_workspace.api import chat


class Workspace(inspection.WorkspaceInspection, admin_actions.AdminActions):
    """One Slack workspace. URLs that are None are never called; delays and timeouts are in seconds."""

    def __init__(
        self,
        *,
        events_url: str | None = None,
        actions_url: str | None = None,
        commands_url: str | None = None,
        options_url: str | None = None,
        portal_url: str | None = None,
        base_url: str | None = None,
        signing_secret: str = personas.SIGNING_SECRET,
        bot_token: str = personas.BOT_TOKEN,
        retry_delays: tuple[float, ...] = (0, 60, 300),
        event_timeout: float = 3.0,
        rate_limits: bool = False,
    ):
        hooks = portal_url.rstrip("/") + "/hooks/slack/" if portal_url else None
        self.signing_secret, self.bot_token = signing_secret, bot_token
        self.scopes = set(app_permissions.SCOPES)
        self.subscriptions = set(app_permissions.BOT_EVENTS)
        self.sockets = socket_mode.SocketConnections()
        self.address = wsgi_server.BaseUrl(base_url)
        self.state = state.WorkspaceState()
        self.limits = api_rate_limits.RateLimits(rate_limits)
        self.api_faults = api_faults.ApiFaults()
        self.events = events_api.EventDelivery(
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

    # Actions of users.

    def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Iterable = (),
        broadcast: bool = False,
        attachments: Iterable[dict] = (),
    ) -> str:
        """Type a message. `files` are (name, bytes) or (name, bytes, mimetype). Returns its timestamp.

        `text` is mrkdwn as a person types it; <@U…> and <#C…> are mentions. A table that is pasted is an attachment
        with a table block (`build_table`). KeyError for an unknown channel or user.
        """
        with self.state.lock:
            conversation = self._get_conversation(user, channel)
            stored = rich_text_parser.escape_text(text)
            message = message_store.build_user_message(
                self, user, stored, rich_text_parser.build_rich_text_block(stored)
            )
            if text.startswith("/me "):
                message = message_store.build_user_message(self, user, stored[4:], [], subtype="me_message")
            if attachments:
                message["attachments"] = [{"id": number, **each} for number, each in enumerate(attachments, 1)]
            attached = [self._file(user, *one) for one in files]
            if attached:
                return share_files(self, conversation, message, attached, thread_ts, broadcast)["ts"]
            return message_store.add_message(self, conversation, message, thread_ts, broadcast)["ts"]

    def edit(self, user: str, channel: str, ts: str, text: str, files: Iterable = ()) -> None:
        """Change one's own message, and add files to it. PermissionError for somebody else's."""
        with self.state.lock:
            conversation = self._get_conversation(user, channel)
            self._require_author(conversation, user, ts)
            stored = rich_text_parser.escape_text(text)
            changes: dict = {"text": stored, "blocks": rich_text_parser.build_rich_text_block(stored) or None}
            if added := [self._file(user, *one) for one in files]:
                shown = shared_files.list_shown(conversation, added)
                changes["files"] = [*conversation.messages[ts].get("files", []), *shown]
            message_store.edit_message(self, conversation, ts, changes, user)

    def delete_file(self, user: str, file: str) -> None:
        """Delete one's own file, or anybody's as an admin of the workspace."""
        with self.state.lock:
            if self.state.files[file]["user"] != user and not self.state.users[user].get("is_admin"):
                raise PermissionError("only the owner may do this")
            shared_files.delete_file(self, file)

    def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete one's own message, or anybody's as an admin of the workspace."""
        with self.state.lock:
            conversation = self._get_conversation(user, channel)
            if not self.state.users[user].get("is_admin"):
                self._require_author(conversation, user, ts)
            message_store.delete_message(self, conversation, ts)

    def react(self, user: str, channel: str, ts: str, name: str) -> bool:
        """Add a reaction; False when it was there."""
        with self.state.lock:
            return message_store.add_reaction(self, self._get_conversation(user, channel), ts, user, name)

    def unreact(self, user: str, channel: str, ts: str, name: str) -> bool:
        """Remove a reaction; False when there was none."""
        with self.state.lock:
            return message_store.remove_reaction(self, self._get_conversation(user, channel), ts, user, name)

    def press(
        self, user: str, channel: str, ts: str, action_id: str, value: str | None = None
    ) -> signed_requests.PortalResponse:
        """Press a button (or choose `value` in a select) of a message, or of an ephemeral one.

        Raises KeyError if it does not exist.
        """
        with self.state.lock:
            conversation = self.state.channels[channel]
            ephemeral = next((one for one in self.state.ephemerals if one["ts"] == ts and one["user_to"] == user), None)
            message = message_store.format_message(conversation, ephemeral or conversation.messages[ts])
            action = _find_action(message, action_id, value)
            container = {
                "type": "message",
                "message_ts": ts,
                "channel_id": channel,
                "is_ephemeral": ephemeral is not None,
            }
            if message.get("thread_ts"):
                container["thread_ts"] = message["thread_ts"]
        return self.interactivity.block_action(user, container, conversation, message, action)

    def press_view(
        self, user: str, view_id: str, action_id: str, value: str | None = None, values: dict | None = None
    ) -> signed_requests.PortalResponse:
        """Press a button (or choose `value`) inside a modal or on the Home tab; `values` are those of the inputs."""
        with self.state.lock:
            view = self.state.views[view_id]
            if values:
                view["state"] = modals.build_state(view, values)
            action = _find_action(view, action_id, value)
        return self.interactivity.block_action(user, {"type": "view", "view_id": view_id}, None, None, action, view)

    def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> signed_requests.PortalResponse:
        """Use a message shortcut on a message."""
        with self.state.lock:
            conversation = self._get_conversation(user, channel)
            message = message_store.format_message(conversation, conversation.messages[ts])
        return self.interactivity.message_shortcut(user, conversation, message, callback_id)

    def global_shortcut(self, user: str, callback_id: str) -> signed_requests.PortalResponse:
        """Use a global shortcut, which belongs to no message."""
        return self.interactivity.global_shortcut(user, callback_id)

    def command(self, user: str, channel: str, command: str, text: str = "") -> tuple[int, str]:
        """Type a slash command. Returns the portal's status (0: none) and body."""
        response = self.interactivity.command(user, self._get_conversation(user, channel), command, text)
        return response.status, response.body.decode("utf-8", "replace")

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
                event["view"] = modals.format_view(self.state.homes[user])
        self.events.announce(None, event)

    def modal(self, user: str) -> dict | None:
        """The modal this user has open, topmost."""
        with self.state.lock:
            stack = self.state.stacks.get(user)
            return dict(self.state.views[stack[-1]]) if stack else None

    def submit(self, user: str, values: dict | None = None) -> dict:
        """Fill in and submit the open modal: {block_id: {action_id: value}}. Returns the app's response.

        LookupError if none is open.
        """
        with self.state.lock:
            stack = self.state.stacks.get(user)
            if not stack:
                raise LookupError(f"{user} has no modal open")
            view = self.state.views[stack[-1]]
            view["state"] = modals.build_state(view, values or {})
        return self.interactivity.submission(user, view)

    def close(self, user: str) -> None:
        """Dismiss the open modal."""
        self.interactivity.closing(user)

    # Used by the Web API.

    def add_ephemeral(self, conversation: state.ChannelState, user: str, body: dict, thread_ts: str = "") -> dict:
        """Store an ephemeral message for one user. The lock must be held."""
        message = {
            "type": "message",
            **chat.build_app_message(self, body),
            "ts": ids.next_timestamp(),
            "is_ephemeral": True,
        }
        message |= {"channel": conversation.id, "user_to": user}
        if thread_ts:
            message["thread_ts"] = thread_ts
        self.state.ephemerals.append(message)
        self.state.touch()
        return message

    def permalink(self, conversation: state.ChannelState, ts: str) -> str:
        """The address of a message on the page."""
        link = f"{self.base}/archives/{conversation.id}/p{ts.replace('.', '')}"
        root = conversation.messages[ts].get("thread_ts")
        return f"{link}?thread_ts={root}&cid={conversation.id}" if root and root != ts else link

    def _get_conversation(self, user: str, channel: str) -> state.ChannelState:
        conversation = self.state.channels[channel]
        if user not in conversation.members:
            raise KeyError(f"{user} is not in {channel}")
        return conversation

    def _require_author(self, conversation: state.ChannelState, user: str, ts: str) -> None:
        if conversation.messages[ts].get("user") != user:
            raise PermissionError("only the author may do this")

    def _file(self, user: str, name: str, content: bytes, mimetype: str = "") -> dict:
        file = shared_files.create_file(self, name, user, mimetype)
        self.state.contents[file["id"]] = content
        file |= {"size": len(content), "_complete": True}
        return file


share_files = shared_files.share_files


def _find_action(owner: dict, action_id: str, value: str | None) -> dict:
    for block in [
        *owner.get("blocks", []),
        *(b for a in owner.get("attachments", []) for b in a.get("blocks", [])),
    ]:
        for element in [*block.get("elements", []), block.get("accessory") or {}, block.get("element") or {}]:
            if not isinstance(element, dict) or element.get("action_id") != action_id:
                continue
            action = {
                "type": element["type"],
                "action_id": action_id,
                "block_id": block["block_id"],
                "action_ts": ids.next_timestamp(),
            }
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
    raise KeyError(f"no element {action_id}")
