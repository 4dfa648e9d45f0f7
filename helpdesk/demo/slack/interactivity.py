"""What people do to the app's things: buttons, modals, shortcuts, slash commands; and the answers the app may give."""

import json
import time
import urllib.parse
from typing import TYPE_CHECKING

from helpdesk.demo import cast
from helpdesk.demo.slack import ids, modals, richtext, signing, store
from helpdesk.demo.slack.api import chat
from helpdesk.demo.slack.api.registry import Arguments, Refused

if TYPE_CHECKING:
    from helpdesk.demo.slack.state import Channel
    from helpdesk.demo.slack.workspace import Workspace

RESPONSE_USES = 5
RESPONSE_SECONDS = 1800


class Interactivity:
    """Builds and sends interaction payloads, and keeps the short-lived keys that come with them."""

    def __init__(self, ws: "Workspace", actions_url: str | None, commands_url: str | None, options_url: str | None):
        self.actions_url, self.commands_url = actions_url, commands_url
        self.options_url = options_url or actions_url
        self.trigger_seconds = 3.0
        self.log: list[tuple[str, dict, signing.Answer]] = []
        self._ws = ws
        self._triggers: dict[str, tuple[str, float]] = {}
        self._spent: set[str] = set()
        self._response_urls: dict[str, dict] = {}

    def redeem(self, trigger_id: str) -> str:
        """The user behind a trigger id, once and within three seconds."""
        if trigger_id in self._spent:
            raise Refused("exchanged_trigger_id")
        if trigger_id not in self._triggers:
            raise Refused("invalid_trigger_id")
        user, born = self._triggers.pop(trigger_id)
        self._spent.add(trigger_id)
        if time.monotonic() - born > self.trigger_seconds:
            raise Refused("expired_trigger_id")
        return user

    def trigger(self, user: str) -> str:
        """A fresh trigger id for this user."""
        made = f"{time.time_ns() // 1_000_000}.{len(self._spent)}.{ids.new('').lower()}"
        self._triggers[made] = (user, time.monotonic())
        return made

    def block_action(
        self,
        user: str,
        container: dict,
        channel: "Channel | None",
        message: dict | None,
        action: dict,
        view: dict | None = None,
    ) -> signing.Answer:
        """Send a block_actions payload for one action in a message or a view."""
        payload = self._base("block_actions", user) | {"container": container, "actions": [action]}
        if channel is not None:
            payload["channel"] = {"id": channel.id, "name": channel.name or "directmessage"}
            payload["response_url"] = self.response_url(
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
            payload["view"] = modals.shown(view)
        return self._send(payload)

    def submission(self, user: str, view: dict) -> dict:
        """Submit the user's top modal and do what the answer says.

        Returns the answer ({} when it was empty).
        """
        if wrong := modals.missing(view):
            with self._ws.state.lock:
                view["_errors"] = wrong
                self._ws.state.touch()
            return {"response_action": "errors", "errors": wrong}
        payload = self._base("view_submission", user) | {"view": modals.shown(view), "response_urls": []}
        answer = self._send(payload)
        if not answer.ok:
            said = {"response_action": "errors", "errors": {}, "failed": answer.reason or str(answer.status)}
            with self._ws.state.lock:
                view["_errors"] = {"": "We had some trouble connecting. Try again?"}
                self._ws.state.touch()
            return said
        said = _json(answer)
        with self._ws.state.lock:
            self._follow(user, view, said)
        return said

    def closing(self, user: str) -> None:
        """Close the user's top modal (all of them where it says clear_on_close), telling the app if it asked to know."""
        with self._ws.state.lock:
            stack = self._ws.state.stacks.get(user)
            top = self._ws.state.views[stack[-1]] if stack else None
            gone = modals.close(self._ws, user, bool(top and top["clear_on_close"])) if top else []
        for view in gone:
            if view["notify_on_close"]:
                self._send(self._base("view_closed", user) | {"view": modals.shown(view), "is_cleared": len(gone) > 1})

    def message_shortcut(self, user: str, channel: "Channel", message: dict, callback_id: str) -> signing.Answer:
        payload = self._base("message_action", user) | {
            "action_ts": ids.timestamp(),
            "callback_id": callback_id,
            "message_ts": message["ts"],
            "message": message,
            "channel": {"id": channel.id, "name": channel.name or "directmessage"},
            "response_url": self.response_url(
                user, channel, message["ts"], False, message.get("thread_ts"), shortcut=True
            ),
        }
        return self._send(payload)

    def global_shortcut(self, user: str, callback_id: str) -> signing.Answer:
        return self._send(self._base("shortcut", user) | {"action_ts": ids.timestamp(), "callback_id": callback_id})

    def suggestions(self, user: str, view: dict, block_id: str, action_id: str, value: str) -> list[dict]:
        """Ask the app for the options of an external select."""
        payload = self._base("block_suggestion", user, trigger=False) | {
            "view": modals.shown(view),
            "container": {"type": "view", "view_id": view["id"]},
            "api_app_id": cast.APP_ID,
            "action_id": action_id,
            "block_id": block_id,
            "value": value,
        }
        return _json(self._send(payload, self.options_url)).get("options", [])

    def command(self, user: str, channel: "Channel", command: str, text: str) -> signing.Answer:
        """Send a slash command and show its answer, as Slack does, to the one who typed it."""
        fields = {
            "token": cast.VERIFICATION_TOKEN,
            "team_id": cast.TEAM_ID,
            "team_domain": cast.TEAM_DOMAIN,
            "channel_id": channel.id,
            "channel_name": channel.name or "directmessage",
            "user_id": user,
            "user_name": self._ws.state.users[user]["name"],
            "command": command,
            "text": text,
            "api_app_id": cast.APP_ID,
            "is_enterprise_install": "false",
            "response_url": self.response_url(user, channel, "", False, None),
            "trigger_id": self.trigger(user),
        }
        answer = self._post(self.commands_url, urllib.parse.urlencode(fields).encode(), "command", fields)
        with self._ws.state.lock:
            if not answer.ok:
                said = "operation_timeout" if answer.reason == "http_timeout" else "dispatch_failed"
                self._ws.whisper(channel, user, _slackbot(f"{command} failed with the error \u201c{said}\u201d"))
            elif answer.body.strip():
                said = (
                    _json(answer) if "json" in answer.content_type else {"text": answer.body.decode("utf-8", "replace")}
                )
                self._speak(channel, user, said, None)
        return answer

    def response_url(
        self,
        user: str,
        channel: "Channel",
        ts: str,
        ephemeral: bool,
        thread_ts: str | None,
        shortcut: bool = False,
    ) -> str:
        """A fresh response_url: five uses within thirty minutes."""
        key = ids.new("r").lower() + ids.new("").lower()
        self._response_urls[key] = {
            "user": user,
            "channel": channel.id,
            "ts": "" if shortcut else ts,
            "ephemeral": ephemeral,
            "thread_ts": thread_ts,
            "uses": 0,
            "born": time.monotonic(),
        }
        return f"{self._ws.base}/actions/{cast.TEAM_ID}/{key}"

    def respond(self, key: str, said: dict) -> tuple[str, int]:
        """What a POST to a response_url does; the answer's body and status."""
        with self._ws.state.lock:
            known = self._response_urls.get(key)
            if known is None or time.monotonic() - known["born"] > RESPONSE_SECONDS:
                return "expired_url", 404
            if known["uses"] >= RESPONSE_USES:
                return "used_url", 404
            known["uses"] += 1
            channel = self._ws.state.channels[known["channel"]]
            try:
                if known["ts"] and (said.get("replace_original") or said.get("delete_original")):
                    self._rewrite(channel, known, said)
                else:
                    self._speak(channel, known["user"], said, said.get("thread_ts"))
            except Refused as refusal:
                return str(refusal), 400
            return "ok", 200

    def _rewrite(self, channel: "Channel", known: dict, said: dict) -> None:
        if known["ephemeral"]:
            whisper = next((w for w in self._ws.state.ephemerals if w["ts"] == known["ts"]), None)
            if whisper is None:
                raise Refused("message_not_found")
            if said.get("delete_original"):
                self._ws.state.ephemerals.remove(whisper)
            else:
                whisper.update({"blocks": [], **chat.content(Arguments(dict(said), ""))})
            self._ws.state.touch()
        elif known["ts"] not in channel.messages:
            raise Refused("message_not_found")
        elif said.get("delete_original"):
            store.delete(self._ws, channel, known["ts"])
        else:
            store.edit(self._ws, channel, known["ts"], chat.content(Arguments(dict(said), "")), cast.BOT_ID)

    def _speak(self, channel: "Channel", user: str, said: dict, thread_ts: str | None) -> None:
        try:
            body = chat.content(Arguments(dict(said), ""))
        except Refused as refusal:
            if str(refusal) == "no_text":
                return
            raise
        if said.get("response_type") == "in_channel":
            store.add(self._ws, channel, chat.app_message(self._ws, body), thread_ts)
        else:
            self._ws.whisper(channel, user, body, thread_ts or "")

    def _follow(self, user: str, view: dict, said: dict) -> None:
        action = said.get("response_action")
        view["_errors"] = {}
        try:
            if action == "errors":
                known = {block["block_id"] for block in view["blocks"]}
                wrong = said.get("errors") or {}
                # Slack shows nothing useful when an error names a block that is not there, so neither do we.
                named = set(wrong) <= known and bool(wrong)
                view["_errors"] = wrong if named else {"": "We had some trouble connecting. Try again?"}
                self._ws.state.touch()
            elif action == "update":
                modals.replace(self._ws, view, said["view"])
            elif action == "push":
                modals.push(self._ws, user, said["view"])
            else:
                modals.close(self._ws, user, everything=action == "clear")
        except Refused as refusal:
            view["_errors"] = {"": f"The app's answer was refused: {refusal.answer}"}
            self._ws.state.touch()

    def _base(self, kind: str, user: str, trigger: bool = True) -> dict:
        who = self._ws.state.users[user]
        payload = {
            "type": kind,
            "team": {"id": cast.TEAM_ID, "domain": cast.TEAM_DOMAIN},
            "user": {"id": user, "username": who["name"], "name": who["name"], "team_id": who["team_id"]},
            "api_app_id": cast.APP_ID,
            "token": cast.VERIFICATION_TOKEN,
            "enterprise": None,
            "is_enterprise_install": False,
        }
        if trigger:
            payload["trigger_id"] = self.trigger(user)
        return payload

    def _send(self, payload: dict, url: str | None = None) -> signing.Answer:
        body = urllib.parse.urlencode({"payload": json.dumps(payload)}).encode()
        return self._post(url or self.actions_url, body, payload["type"], payload)

    def _post(self, url: str | None, body: bytes, kind: str, payload: dict) -> signing.Answer:
        if self._ws.sockets.any():
            envelope = "slash_commands" if kind == "command" else "interactive"
            answer = self._ws.sockets.deliver(envelope, payload, self._ws.events.timeout)
        elif not url:
            answer = signing.Answer(0, "no_url")
        else:
            timeout = self._ws.events.timeout
            answer = signing.post(url, body, "application/x-www-form-urlencoded", self._ws.signing_secret, timeout)
        self.log.append((kind, payload, answer))
        return answer


def _json(answer: signing.Answer) -> dict:
    try:
        said = json.loads(answer.body or b"{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _slackbot(text: str) -> dict:
    return {"text": text, "blocks": richtext.block(text), "user": "USLACKBOT", "bot_id": None, "app_id": None}
