"""Send one signed request of a webhook. A receiver recognises a repeated one by its id."""

from collections.abc import Sequence

from helpdesk import clock
from helpdesk.channels import checked_requests
from helpdesk.channels.webhook import signing
from helpdesk.domain.outbox.channel import SendResult


def post_request(key: str, url: str, secrets: Sequence[bytes], body: bytes) -> SendResult:
    """POST ``body`` with its signatures; any 2xx counts as received. Raises the errors of domain.outbox.errors."""
    when = int(clock.now().timestamp())
    return checked_requests.post_request(url, signing.signed_headers(key, secrets, body, when), body)
