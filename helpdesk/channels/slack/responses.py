"""Answers to a pressed button or a command by the one-time address Slack gave for it."""

from typing import Any
from urllib.parse import urlsplit

from slack_sdk.webhook import WebhookClient

from helpdesk.channels.slack import client as clients
from helpdesk.channels.slack import failures, transport
from helpdesk.channels.values import Sent

HOST = "hooks.slack.com"


def send(slack: clients.Client, arguments: dict[str, Any]) -> Sent:
    """POST ``arguments`` without their ``url`` to it. Raises ChannelError; an address outside of Slack is refused."""
    body = dict(arguments)
    url = str(body.pop("url", ""))
    if not is_slacks(url, slack):
        raise failures.permanent("The address to answer to is not Slack's.")
    hook = WebhookClient(url, timeout=int(slack.timeout), retry_handlers=[], logger=clients.quiet)
    if transport.is_loopback(slack.host):
        hook.proxy = None
    try:
        answer = hook.send_dict(body)
    except transport.BROKEN as broken:
        raise transport.failure(broken) from None
    if answer.status_code == 200:
        return Sent("")
    if answer.status_code == 404:
        raise failures.permanent("Slack no longer takes an answer to this button.", "used_url")
    raise failures.from_status(answer.status_code, transport.retry_after(answer.headers))


def is_slacks(url: str, slack: clients.Client) -> bool:
    """Whether ``url`` is one of Slack's answer addresses, or the stand-in's on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme == "https" and parts.hostname == HOST and not parts.username and parts.port in {None, 443}:
        return True
    return transport.is_loopback(slack.host) and parts.netloc == urlsplit(slack.base_url).netloc
