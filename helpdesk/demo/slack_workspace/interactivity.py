"""Interaction payloads (buttons, modals, shortcuts, slash commands) and the app's responses to them.

Shapes and limits are those of Slack's pages "Handling user interaction", "Slash commands" and "Modals".
"""

import json
import time
import urllib.parse
from typing import TYPE_CHECKING

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids, message_store, modals, signed_requests, users
from helpdesk.demo.slack_workspace.api.registry import SlackApiError
from helpdesk.demo.slack_workspace.response_urls import ResponseUrls

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.state import ChannelState
    from helpdesk.demo.slack_workspace.workspace import Workspace


class Interactivity:
    """Builds and sends interaction payloads, and stores their trigger ids."""

    def __init__(self, ws: "Workspace", actions_url: str | None, commands_url: str | None, options_url: str | None):
        self.actions_url, self.commands_url = actions_url, commands_url
        self.options_url = options_url or actions_url
        self.trigger_seconds = 3.0
        self.log: list[tuple[str, dict, signed_requests.PortalResponse]] = []
        self._ws = ws
        self._triggers: dict[str, tuple[str, float]] = {}
        self._used_triggers: set[str] = set()
        self.response_urls = ResponseUrls(ws)

    def redeem(self, trigger_id: str) -> str:
        """A trigger id's user, once, for three seconds (docs.slack.dev/interactivity/handling-user-interaction)."""
        if trigger_id in self._used_triggers:
            raise SlackApiError("exchanged_trigger_id")
        if trigger_id not in self._triggers:
            raise SlackApiError("invalid_trigger_id")
        user, created_at = self._triggers.pop(trigger_id)
        self._used_triggers.add(trigger_id)
        if time.monotonic() - created_at > self.trigger_seconds:
            raise SlackApiError("expired_trigger_id")
        return user

    def trigger(self, user: str) -> str:
        """A fresh trigger id for this user. Source: docs.slack.dev/interactivity/handling-user-interaction."""
        made = f"{time.time_ns() // 1_000_000}.{len(self._used_triggers)}.{ids.create_id('').lower()}"
        self._triggers[made] = (user, time.monotonic())
        return made

    def block_action(
        self,
        user: str,
        container: dict,
        channel: "ChannelState | None",
        message: dict | None,
        action: dict,
        view: dict | None = None,
    ) -> signed_requests.PortalResponse:
        """Send a block_actions payload (docs.slack.dev/reference/interaction-payloads/block_actions-payload)."""
        payload = self._build_payload("block_actions", user) | {"container": container, "actions": [action]}
        if channel is not None:
            payload["channel"] = {"id": channel.id, "name": channel.name or "directmessage"}
            payload["response_url"] = self.response_urls.create(
                user,
                channel,
                container.get("message_ts", ""),
                container.get("is_ephemeral", False),
                container.get("thread_ts"),
            )
            payload["state"] = {"values": {}}
        if message is not None and not container.get("is_ephemeral"):
            payload["message"] = message
        if view is not None:
            payload["view"] = modals.format_view(view)
        return self._send(payload)

    def submission(self, user: str, view: dict) -> dict:
        """Submit the user's top modal and apply the response_action.

        Returns the response ({} when it was empty).

        Source: docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
        """
        if wrong := modals.list_missing_inputs(view):
            with self._ws.state.lock:
                view["_errors"] = wrong
                self._ws.state.touch()
            return {"response_action": "errors", "errors": wrong}
        payload = self._build_payload("view_submission", user) | {"view": modals.format_view(view), "response_urls": []}
        response = self._send(payload)
        if not response.ok:
            content = {"response_action": "errors", "errors": {}, "failed": response.reason or str(response.status)}
            with self._ws.state.lock:
                view["_errors"] = {"": "We had some trouble connecting. Try again?"}
                self._ws.state.touch()
            return content
        content = signed_requests.parse_json(response)
        with self._ws.state.lock:
            self._apply_response(user, view, content)
        return content

    def closing(self, user: str) -> None:
        """Close the user's top modal (all, if clear_on_close is set); notify the app where notify_on_close is set.
        Source: docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
        """
        with self._ws.state.lock:
            stack = self._ws.state.stacks.get(user)
            top = self._ws.state.views[stack[-1]] if stack else None
            gone = modals.close_modals(self._ws, user, bool(top and top["clear_on_close"])) if top else []
        for view in gone:
            if view["notify_on_close"]:
                self._send(
                    self._build_payload("view_closed", user)
                    | {"view": modals.format_view(view), "is_cleared": len(gone) > 1}
                )

    def message_shortcut(
        self, user: str, channel: "ChannelState", message: dict, callback_id: str
    ) -> signed_requests.PortalResponse:
        """Press a shortcut of the app in the menu of a message.

        Source: docs.slack.dev/interactivity/implementing-shortcuts.
        """
        payload = self._build_payload("message_action", user) | {
            "action_ts": ids.next_timestamp(),
            "callback_id": callback_id,
            "message_ts": message["ts"],
            "message": message,
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "response_url": self.response_urls.create(
                user, channel, message["ts"], False, message.get("thread_ts"), shortcut=True
            ),
        }
        return self._send(payload)

    def global_shortcut(self, user: str, callback_id: str) -> signed_requests.PortalResponse:
        """Press a shortcut of the app in the search field.

        Source: docs.slack.dev/interactivity/implementing-shortcuts.
        """
        return self._send(
            self._build_payload("shortcut", user) | {"action_ts": ids.next_timestamp(), "callback_id": callback_id}
        )

    def suggestions(self, user: str, view: dict, block_id: str, action_id: str, value: str) -> list[dict]:
        """Ask the app for options (docs.slack.dev/reference/block-kit/block-elements/select-menu-element)."""
        payload = self._build_payload("block_suggestion", user, trigger=False) | {
            "view": modals.format_view(view),
            "container": {"type": "view", "view_id": view["id"]},
            "api_app_id": personas.APP_ID,
            "action_id": action_id,
            "block_id": block_id,
            "value": value,
        }
        return signed_requests.parse_json(self._send(payload, self.options_url)).get("options", [])

    def command(self, user: str, channel: "ChannelState", command: str, text: str) -> signed_requests.PortalResponse:
        """Send a slash command and show its response (docs.slack.dev/interactivity/implementing-slash-commands)."""
        fields = {
            "token": personas.VERIFICATION_TOKEN,
            "team_id": personas.TEAM_ID,
            "team_domain": personas.TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": channel.name or "directmessage",
            "user_id": user,
            "user_name": self._ws.state.users[user]["name"],
            "command": command,
            "text": text,
            "api_app_id": personas.APP_ID,
            "is_enterprise_install": "false",
            "response_url": self.response_urls.create(user, channel, "", False, None),
            "trigger_id": self.trigger(user),
        }
        response = self._post(self.commands_url, urllib.parse.urlencode(fields).encode(), "command", fields)
        with self._ws.state.lock:
            if not response.ok:
                content = "operation_timeout" if response.reason == "http_timeout" else "dispatch_failed"
                self._ws.add_ephemeral(
                    channel,
                    user,
                    message_store.build_slackbot_message(f"{command} failed with the error \u201c{content}\u201d"),
                )
            elif response.body.strip():
                content = (
                    signed_requests.parse_json(response)
                    if "json" in response.content_type
                    else {"text": response.body.decode("utf-8", "replace")}
                )
                self.response_urls.post_response(channel, user, content, None)
        return response

    def _apply_response(self, user: str, view: dict, content: dict) -> None:
        action = content.get("response_action")
        view["_errors"] = {}
        try:
            if action == "errors":
                known = {block["block_id"] for block in view["blocks"]}
                wrong = content.get("errors") or {}
                # Slack shows only a general error when an error names an unknown block.
                named = set(wrong) <= known and bool(wrong)
                view["_errors"] = wrong if named else {"": "We had some trouble connecting. Try again?"}
                self._ws.state.touch()
            elif action == "update":
                modals.update_modal(self._ws, view, content["view"])
            elif action == "push":
                modals.push_modal(self._ws, user, content["view"])
            else:
                modals.close_modals(self._ws, user, everything=action == "clear")
        except SlackApiError as refusal:
            view["_errors"] = {"": f"The app's answer was refused: {refusal.answer}"}
            self._ws.state.touch()

    def _build_payload(self, kind: str, user: str, trigger: bool = True) -> dict:
        who = self._ws.state.users[user]
        payload = {
            "type": kind,
            "team": {"id": personas.TEAM_ID, "domain": personas.TEAM_DOMAIN},
            "user": {"id": user, "username": who["name"], "name": who["name"], "team_id": users.get_team(who)},
            "api_app_id": personas.APP_ID,
            "token": personas.VERIFICATION_TOKEN,
            "enterprise": None,
            "is_enterprise_install": False,
        }
        if enterprise := self._ws.state.enterprise_id:
            # java-slack-sdk, json-logs/samples/app-backend/interactive-components/BlockActionPayload.json
            payload["enterprise"] = {"id": enterprise, "name": personas.TEAM_NAME}
            payload["team"] |= {"enterprise_id": enterprise, "enterprise_name": personas.TEAM_NAME}
        if trigger:
            payload["trigger_id"] = self.trigger(user)
        return payload

    def _send(self, payload: dict, url: str | None = None) -> signed_requests.PortalResponse:
        body = urllib.parse.urlencode({"payload": json.dumps(payload)}).encode()
        return self._post(url or self.actions_url, body, payload["type"], payload)

    def _post(self, url: str | None, body: bytes, kind: str, payload: dict) -> signed_requests.PortalResponse:
        if self._ws.sockets.any():
            envelope = "slash_commands" if kind == "command" else "interactive"
            response = self._ws.sockets.deliver(envelope, payload, self._ws.events.timeout)
        elif not url:
            response = signed_requests.PortalResponse(0, "no_url")
        else:
            timeout = self._ws.events.timeout
            response = signed_requests.post_signed(
                url, body, "application/x-www-form-urlencoded", self._ws.signing_secret, timeout
            )
        self.log.append((kind, payload, response))
        return response
