"""Response URLs: addresses at which the app answers an interaction, five times within thirty minutes.

As Slack's page "Handling user interaction", "Message responses".
"""

import time
from typing import TYPE_CHECKING

from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import ids, message_store
from helpdesk.demo.slack_workspace.api import chat
from helpdesk.demo.slack_workspace.api.registry import Arguments, SlackApiError

if TYPE_CHECKING:
    from helpdesk.demo.slack_workspace.state import ChannelState
    from helpdesk.demo.slack_workspace.workspace import Workspace

MAX_RESPONSE_USES = 5
RESPONSE_TTL_SECONDS = 1800


class ResponseUrls:
    """Creates response URLs and does what the app posts to them. ``known`` holds them by the key in the address."""

    def __init__(self, ws: "Workspace"):
        self.known: dict[str, dict] = {}
        self._ws = ws

    def create(
        self,
        user: str,
        channel: "ChannelState",
        ts: str,
        ephemeral: bool,
        thread_ts: str | None,
        shortcut: bool = False,
    ) -> str:
        """A fresh response_url: five uses within thirty minutes.

        Source: docs.slack.dev/interactivity/handling-user-interaction.
        """
        key = ids.create_id("r").lower() + ids.create_id("").lower()
        self.known[key] = {
            "user": user,
            "channel": channel.id,
            "ts": "" if shortcut else ts,
            "ephemeral": ephemeral,
            "thread_ts": thread_ts,
            "uses": 0,
            "born": time.monotonic(),
        }
        return f"{self._ws.base}/actions/{personas.TEAM_ID}/{key}"

    def respond(self, key: str, content: dict) -> tuple[str, int]:
        """What a POST to a response_url does; the response's body and status.

        Source: docs.slack.dev/interactivity/handling-user-interaction.
        """
        with self._ws.state.lock:
            known = self.known.get(key)
            if known is None or time.monotonic() - known["born"] > RESPONSE_TTL_SECONDS:
                return "expired_url", 404
            if known["uses"] >= MAX_RESPONSE_USES:
                return "used_url", 404
            known["uses"] += 1
            channel = self._ws.state.channels[known["channel"]]
            try:
                if known["ts"] and (content.get("replace_original") or content.get("delete_original")):
                    self._rewrite(channel, known, content)
                else:
                    self.post_response(channel, known["user"], content, content.get("thread_ts"))
            except SlackApiError as refusal:
                return str(refusal), 400
            return "ok", 200

    def post_response(self, channel: "ChannelState", user: str, content: dict, thread_ts: str | None) -> None:
        """Post the app's answer into the channel, or show it to ``user`` alone.

        Source: docs.slack.dev/interactivity/handling-user-interaction.
        """
        try:
            body = chat.parse_content(Arguments(dict(content), ""))
        except SlackApiError as refusal:
            if str(refusal) == "no_text":
                return
            raise
        if content.get("response_type") == "in_channel":
            message_store.add_message(self._ws, channel, chat.build_app_message(self._ws, body), thread_ts)
        else:
            self._ws.add_ephemeral(channel, user, body, thread_ts or "")

    def _rewrite(self, channel: "ChannelState", known: dict, content: dict) -> None:
        if known["ephemeral"]:
            ephemeral = next((w for w in self._ws.state.ephemerals if w["ts"] == known["ts"]), None)
            if ephemeral is None:
                raise SlackApiError("message_not_found")
            if content.get("delete_original"):
                self._ws.state.ephemerals.remove(ephemeral)
            else:
                ephemeral.update({"blocks": [], **chat.parse_content(Arguments(dict(content), ""))})
            self._ws.state.touch()
        elif known["ts"] not in channel.messages:
            raise SlackApiError("message_not_found")
        elif content.get("delete_original"):
            message_store.delete_message(self._ws, channel, known["ts"])
        else:
            message_store.edit_message(
                self._ws, channel, known["ts"], chat.parse_content(Arguments(dict(content), "")), personas.BOT_ID
            )
