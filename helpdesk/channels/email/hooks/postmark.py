"""Postmark's inbound webhook, with "Include raw email content in JSON payload" switched on.

Source: Postmark's documentation, "Inbound webhook" and "Webhooks overview": it signs nothing; HTTP's Basic
authentication in the address proves the request. The raw message is ``RawEmail``.
"""

import json

from helpdesk import config
from helpdesk.channels.email.hooks.interface import HookRefused, HookRequest, InboundHook, check_basic_secret


class PostmarkHook(InboundHook):
    name = "postmark"
    title = "Postmark"

    def is_configured(self) -> bool:
        return bool(config.current().INBOUND_MAIL_SECRET)

    def read_mails(self, request: HookRequest) -> list[bytes]:
        check_basic_secret(request)
        try:
            payload = json.loads(request.body)
            raw = payload["RawEmail"]
        except (ValueError, RecursionError, LookupError, TypeError):
            raw = ""
        if not raw or not isinstance(raw, str):
            raise HookRefused(
                400, "There is no RawEmail. Switch on the raw email content in the settings of the stream."
            )
        return [raw.encode("utf-8", "surrogatepass")]
