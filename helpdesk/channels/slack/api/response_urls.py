"""Post answers to a pressed button or a command to the one-time response URL that Slack gave for it."""

from urllib.parse import urlsplit

from slack_sdk.webhook import WebhookClient

from helpdesk.channels.slack.api import api_errors, http_errors
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api.requests import ResponseUrlPost
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.translation import gettext

RESPONSE_HOSTS = {"hooks.slack.com", "hooks.slack-gov.com"}


def post_response(slack: clients.Client, post: ResponseUrlPost) -> SendResult:
    """POST the body to its response URL. Raises ChannelError; a URL that is not Slack's is refused."""
    if not is_slack_url(post.url, slack):
        raise api_errors.permanent_error(gettext("The address to answer to is not Slack's."))
    hook = WebhookClient(post.url, timeout=int(slack.timeout), retry_handlers=[], logger=clients.quiet)
    if http_errors.is_loopback(slack.host):
        hook.proxy = None
    try:
        answer = hook.send_dict(post.body)
    except http_errors.CONNECTION_ERRORS as error:
        raise http_errors.error_for_exception(error) from None
    if answer.status_code == 200:
        return SendResult("")
    if answer.status_code == 404:
        raise api_errors.permanent_error(gettext("Slack no longer takes an answer to this button."), "used_url")
    raise api_errors.error_for_status(answer.status_code, http_errors.parse_retry_after(answer.headers))


def is_slack_url(url: str, slack: clients.Client) -> bool:
    """Return whether ``url`` is one of Slack's response URLs, or one of the stand-in on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if (
        parts.scheme == "https"
        and parts.hostname in RESPONSE_HOSTS
        and not parts.username
        and parts.port in {None, 443}
    ):
        return True
    return http_errors.is_loopback(slack.host) and parts.netloc == urlsplit(slack.base_url).netloc
