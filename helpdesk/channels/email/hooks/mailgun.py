"""Mailgun's routes, with an address that ends in "mime", which asks for the raw message.

Source: Mailgun's documentation, "Receive, forward, store messages" (the field ``body-mime``) and "Securing webhooks"
(``signature``: the hexadecimal HMAC-SHA256 of ``timestamp`` and ``token`` under the HTTP webhook signing key).
"""

import hashlib
import hmac

from helpdesk import clock, config
from helpdesk.channels.email.hooks import form_fields
from helpdesk.channels.email.hooks.interface import HookRefused, HookRequest, InboundHook

MAX_AGE_SECONDS = 86_400  # a repeated request is stored once anyway; Mailgun tries for eight hours


class MailgunHook(InboundHook):
    name = "mailgun"
    title = "Mailgun"

    def is_configured(self) -> bool:
        return bool(config.current().INBOUND_MAILGUN_KEY)

    def read_mails(self, request: HookRequest) -> list[bytes]:
        fields = form_fields.read_form(request.content_type, request.body)
        timestamp, token = fields.get("timestamp", b""), fields.get("token", b"")
        key = config.current().INBOUND_MAILGUN_KEY.encode()
        expected = hmac.new(key, timestamp + token, hashlib.sha256).hexdigest()
        if not key or not token or not hmac.compare_digest(expected.encode(), fields.get("signature", b"")):
            raise HookRefused(401, "The signature is not that of INBOUND_MAILGUN_KEY.")
        if not timestamp.isdigit() or abs(clock.now().timestamp() - int(timestamp[:15])) > MAX_AGE_SECONDS:
            raise HookRefused(401, "The signature is too old.")
        if not fields.get("body-mime"):
            raise HookRefused(400, "There is no body-mime. Let the address of the route end in /mailgun/mime.")
        return [fields["body-mime"]]
