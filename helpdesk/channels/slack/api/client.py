"""The one way to Slack's Web API: an SDK client that never tries twice by itself, and errors that say what is certain."""

import json
import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from helpdesk import config
from helpdesk.channels import errors
from helpdesk.channels.slack.api import api_errors, http_errors, http_pool

SLACK = "https://slack.com/api/"
TIMEOUT = 10  # seconds; the outbox's lease is longer
PAGES = 100

# The SDK prints whole requests at DEBUG; its logger stays above that whatever the root logger is set to.
quiet = logging.getLogger("helpdesk.channels.slack.sdk")
quiet.setLevel(logging.CRITICAL)


class Client:
    """Calls Web API methods with one bot token.

    ``base_url`` ends in /api/; ``timeout`` in seconds covers connecting and each wait for the answer.
    """

    def __init__(self, token: str, base_url: str = SLACK, timeout: float = TIMEOUT):
        self.token = token
        self.timeout = timeout
        # The SDK's default handler posts a second time after a reset; repeating is the outbox's business alone.
        self._web = http_pool.KeepingClient(token, base_url=base_url, timeout=timeout, retry_handlers=[], logger=quiet)
        self.base_url = self._web.base_url
        if http_errors.is_loopback(self.host):
            self._web.proxy = None

    @property
    def host(self) -> str:
        """The host of the Web API; a loopback one is a stand-in."""
        return urlsplit(self.base_url).hostname or ""

    def call(self, method: str, **arguments: Any) -> dict:
        """Call ``method``; gives the answer's JSON. Raises Temporary, Permanent, Unknown or Blocked.

        A public channel the bot is not in is joined once. Arguments that are None are left out.
        """
        return self.answer(method, arguments).data

    def answer(self, method: str, arguments: dict[str, Any]) -> SlackResponse:
        """Like ``call``, with the HTTP headers."""
        try:
            return self._once(method, arguments)
        except errors.ChannelBlockedError as refused:
            channel = arguments.get("channel") or arguments.get("channel_id")
            if api_errors.error_code(refused) != "not_in_channel" or not channel or not self._join(channel):
                raise
            return self._once(method, arguments)

    def pages(self, method: str, key: str, **arguments: Any) -> Iterator[dict]:
        """Every item of the list ``key`` over all pages of ``method``. A page that cannot be had raises, never ends the list."""
        cursor = None
        for _ in range(PAGES):
            answer = self.call(method, cursor=cursor, **arguments)
            if not isinstance(answer.get(key), list):
                raise api_errors.unknown_outcome_error("Slack's answer was incomplete.")
            yield from answer[key]
            following = (answer.get("response_metadata") or {}).get("next_cursor")
            if not following:
                if answer.get("has_more"):
                    raise api_errors.unknown_outcome_error("Slack's answer was incomplete.")
                return
            if following == cursor:
                raise api_errors.unknown_outcome_error("Slack gave the same page twice.")
            cursor = following
        raise api_errors.unknown_outcome_error("Slack's list has no end.")

    def _once(self, method: str, arguments: dict[str, Any]) -> SlackResponse:
        if not self.token:
            raise api_errors.error_for_code("not_authed")
        try:
            answer = self._web.api_call(method, params=_form(arguments))
        except SlackApiError as refusal:
            raise _refused(refusal.response) from None
        except http_errors.CONNECTION_ERRORS as broken:
            raise http_errors.error_for_exception(broken) from None
        if not isinstance(answer.data, dict):
            raise api_errors.unknown_outcome_error("Slack's answer could not be read.")
        return answer

    def _join(self, channel: str) -> bool:
        try:
            self._once("conversations.join", {"channel": channel})
        except errors.ChannelError:
            return False
        return True


def for_config(settings: config.Config) -> Client:
    """The client for ``settings`` (SLACK_BOT_TOKEN, SLACK_API_URL)."""
    return _client(settings.SLACK_BOT_TOKEN, settings.SLACK_API_URL or SLACK)


def current() -> Client:
    """The client of the running process."""
    return for_config(config.current())


@lru_cache(maxsize=8)
def _client(token: str, base_url: str) -> Client:
    return Client(token, base_url, TIMEOUT)


def _form(arguments: dict[str, Any]) -> dict[str, Any]:
    """Form fields, which every method takes (JSON bodies only some): lists and objects become JSON text."""
    nested = (dict, list, tuple)
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, nested) else value
        for name, value in arguments.items()
        if value is not None
    }


def _refused(response: SlackResponse) -> errors.ChannelError:
    """The SDK writes "error" itself where the body was no JSON, so only a body that is Slack's own counts as its word."""
    data = response.data if isinstance(response.data, dict) else {}
    code = str(data.get("error") or "")
    after = http_errors.parse_retry_after(response.headers)
    if response.status_code == 429:
        return api_errors.error_for_code("ratelimited", retry_after=after)
    if response.status_code >= 500 or data.get("ok") is not False or not code or " " in code:
        return api_errors.error_for_status(response.status_code, after)
    return api_errors.error_for_code(code, str(data.get("needed") or ""), after)
