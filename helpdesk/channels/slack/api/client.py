"""Client for Slack's Web API: no call is repeated automatically, and errors state whether the call may have worked."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from helpdesk import config
from helpdesk.channels.slack.api import api_errors, http_errors, http_pool, rate_limits, slack_clock
from helpdesk.domain.outbox import errors
from helpdesk.translation import gettext

SLACK = "https://slack.com/api/"
TIMEOUT = 10  # seconds; the outbox's lease is longer
PAGES = 100

# The SDK logs whole requests at DEBUG; its logger stays above that whatever the root logger is set to.
quiet = logging.getLogger("helpdesk.channels.slack.sdk")
quiet.setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Answer:
    """Slack's answer: the HTTP status and headers, and the JSON of the body, empty where it is no object."""

    status: int
    headers: Mapping[str, str]
    data: dict[str, Any]


class Client:
    """Client that calls Web API methods with one bot token.

    ``base_url`` ends in /api/; ``timeout`` in seconds covers connecting and each wait for the answer.
    """

    def __init__(self, token: str, base_url: str = SLACK, timeout: float = TIMEOUT) -> None:
        self.token = token
        self.timeout = timeout
        self.base_url = base_url if base_url.endswith("/") else base_url + "/"
        self._pool = http_pool.HttpPool(self.base_url, timeout)

    @property
    def host(self) -> str:
        """The host of the Web API; a loopback host is a stand-in for Slack."""
        return urlsplit(self.base_url).hostname or ""

    def call(self, method: str, **arguments: Any) -> dict:
        """Call ``method`` and return the JSON of the answer.

        A public channel that the bot is not in is joined once. Arguments that are None are left out. Raises
        TemporaryError, PermanentError, UnknownOutcomeError or ChannelBlockedError.
        """
        return self.answer(method, arguments).data

    def answer(self, method: str, arguments: dict[str, Any]) -> Answer:
        """Call ``method`` like ``call`` and return the answer with its HTTP headers."""
        try:
            return self._once(method, arguments)
        except errors.ChannelBlockedError as refused:
            channel = arguments.get("channel") or arguments.get("channel_id")
            if api_errors.error_code(refused) != "not_in_channel" or not channel or not self._join(channel):
                raise
            return self._once(method, arguments)

    def pages(self, method: str, key: str, **arguments: Any) -> Iterator[dict]:
        """Yield every item of the list ``key`` over all pages of ``method``. A page that cannot be fetched raises
        ChannelError; it never just ends the list.
        """
        cursor = None
        for _ in range(PAGES):
            answer = self.call(method, cursor=cursor, **arguments)
            if not isinstance(answer.get(key), list):
                raise api_errors.unknown_outcome_error(gettext("Slack's answer was incomplete."))
            yield from answer[key]
            following = (answer.get("response_metadata") or {}).get("next_cursor")
            if not following:
                if answer.get("has_more"):
                    raise api_errors.unknown_outcome_error(gettext("Slack's answer was incomplete."))
                return
            if following == cursor:
                raise api_errors.unknown_outcome_error(gettext("Slack gave the same page twice."))
            cursor = following
        raise api_errors.unknown_outcome_error(gettext("Slack's list has no end."))

    def _once(self, method: str, arguments: dict[str, Any]) -> Answer:
        if not self.token:
            raise api_errors.error_for_code("not_authed")
        ours, channel = (self.base_url, self.token), str(arguments.get("channel") or "")
        rate_limits.ensure_allowed(ours, method, channel)
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": "helpdesk"}
        try:
            response = self._pool.post(self.base_url + method, _form(arguments), headers)
        except http_errors.CONNECTION_ERRORS as error:
            raise http_errors.error_for_exception(error) from None
        answer = Answer(response.status, response.headers, _json_object(response.data))
        slack_clock.record_answer(response.headers)
        if answer.status != 200 or not answer.data.get("ok"):
            refusal = _refused(answer)
            rate_limits.remember(ours, method, channel, refusal)
            raise refusal
        return answer

    def _join(self, channel: str) -> bool:
        try:
            self._once("conversations.join", {"channel": channel})
        except errors.ChannelError:
            return False
        return True


def for_config(settings: config.Config) -> Client:
    """Return the client for ``settings`` (SLACK_BOT_TOKEN, SLACK_API_URL)."""
    return _client(settings.SLACK_BOT_TOKEN, settings.SLACK_API_URL or SLACK)


def current() -> Client:
    """Return the client of the running process."""
    return for_config(config.current())


@lru_cache(maxsize=8)
def _client(token: str, base_url: str) -> Client:
    return Client(token, base_url, TIMEOUT)


def _form(arguments: dict[str, Any]) -> dict[str, str]:
    """Encode arguments as form fields, which every method accepts (JSON bodies only some): lists and objects become
    JSON text, booleans 1 and 0.
    """
    return {name: _field(value) for name, value in arguments.items() if value is not None}


def _field(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    return str(int(value)) if isinstance(value, bool) else str(value)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _refused(answer: Answer) -> errors.ChannelError:
    """Make the error for an answer that is not ok. Only a refusal in Slack's own format counts as an error code."""
    code = str(answer.data.get("error") or "")
    after = http_errors.parse_retry_after(answer.headers)
    if answer.status == 429:
        return api_errors.error_for_code("ratelimited", retry_after=after)
    if answer.status >= 500 or answer.data.get("ok") is not False or not code or " " in code:
        return api_errors.error_for_status(answer.status, after)
    return api_errors.error_for_code(code, str(answer.data.get("needed") or ""), after)
