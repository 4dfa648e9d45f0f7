"""SendGrid's Inbound Parse, with "POST the raw, full MIME message" switched on.

Source: SendGrid's documentation, "Setting up the Inbound Parse webhook" (the field ``email``) and "Securing your
Inbound Parse webhooks": an ECDSA signature with SHA-256 over the timestamp and the body, in
``X-Twilio-Email-Event-Webhook-Signature``; its public key is base64 of DER. Without a security policy HTTP's Basic
authentication in the address proves the request.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from helpdesk import clock, config
from helpdesk.channels.email.hooks import form_fields
from helpdesk.channels.email.hooks.interface import HookRefused, HookRequest, InboundHook, check_basic_secret

SIGNATURE_HEADER = "x-twilio-email-event-webhook-signature"
TIMESTAMP_HEADER = "x-twilio-email-event-webhook-timestamp"
MAX_AGE_SECONDS = 3 * 86_400  # a repeated request is stored once anyway; SendGrid tries for three days


class SendGridHook(InboundHook):
    name = "sendgrid"
    title = "SendGrid"

    def is_configured(self) -> bool:
        return bool(config.current().INBOUND_SENDGRID_KEY or config.current().INBOUND_MAIL_SECRET)

    def read_mails(self, request: HookRequest) -> list[bytes]:
        if config.current().INBOUND_SENDGRID_KEY:
            _check_signature(request, config.current().INBOUND_SENDGRID_KEY)
        else:
            check_basic_secret(request)
        raw = form_fields.read_form(request.content_type, request.body).get("email")
        if not raw:
            raise HookRefused(400, "There is no field email. Check POST the raw, full MIME message.")
        return [raw]


def _check_signature(request: HookRequest, key: str) -> None:
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    try:
        public_key = load_der_public_key(base64.b64decode(key, validate=True))
        signature = base64.b64decode(request.headers.get(SIGNATURE_HEADER, ""), validate=True)
        if not isinstance(public_key, ec.EllipticCurvePublicKey):
            raise HookRefused(401, "INBOUND_SENDGRID_KEY is no ECDSA key.")
        public_key.verify(signature, timestamp.encode() + request.body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        raise HookRefused(401, "The signature is not that of INBOUND_SENDGRID_KEY.") from None
    if not timestamp.isdecimal() or abs(clock.now().timestamp() - int(timestamp[:15])) > MAX_AGE_SECONDS:
        raise HookRefused(401, "The signature is too old.")
