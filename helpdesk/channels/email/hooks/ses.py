"""Amazon SES: a receipt rule with an SNS action posts each mail, at most 150 KB, signed by SNS.

Sources: Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages" and "HTTP/HTTPS subscription
confirmation JSON format"; Amazon SES Developer Guide, "Contents of notifications for Amazon SES email receiving".
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from helpdesk import bounded_http, clock, config
from helpdesk.channels.email.hooks.interface import HookRefused, HookRequest, InboundHook

_SNS_HOST = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?")
_SIGNED_FIELDS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
SIGNATURE_VERSION = "2"  # SHA-256; version 1 is SHA-1, for which collisions can be made

Fetch = Callable[[str], bytes]


class SesHook(InboundHook):
    """``fetch`` gets a document of SNS by its https address."""

    name = "ses"
    title = "Amazon SES"

    def __init__(self, fetch: Fetch | None = None) -> None:
        self._fetch = fetch or bounded_http.fetch_bytes
        self._load_certificate = lru_cache(maxsize=8)(self._fetch)

    def is_configured(self) -> bool:
        return bool(config.current().INBOUND_SES_TOPIC)

    def read_mails(self, request: HookRequest) -> list[bytes]:
        message = _parse_object(request.body)
        topic = config.current().INBOUND_SES_TOPIC
        if not topic or message.get("TopicArn") != topic:
            raise HookRefused(401, "The message is of another topic than INBOUND_SES_TOPIC.")
        self._check_signature(message)
        if message["Type"] == "SubscriptionConfirmation":
            self._confirm(str(message.get("SubscribeURL", "")))
            return []
        return _read_notification(_parse_object(str(message["Message"]).encode()))

    def _check_signature(self, message: dict[str, Any]) -> None:
        names = _SIGNED_FIELDS.get(str(message.get("Type")))
        address = str(message.get("SigningCertURL", ""))
        if message.get("SignatureVersion") != SIGNATURE_VERSION:
            raise HookRefused(400, "Set the attribute SignatureVersion of the SNS topic to 2.")
        if names is None or not _is_of_sns(address):
            raise HookRefused(401, "The message is not signed as SNS does.")
        signed = "".join(f"{name}\n{message[name]}\n" for name in names if message.get(name) is not None)
        try:
            certificate = x509.load_pem_x509_certificate(self._load_certificate(address))
            key = certificate.public_key()
            signature = base64.b64decode(str(message.get("Signature", "")), validate=True)
            if not isinstance(key, rsa.RSAPublicKey):
                raise HookRefused(401, "The certificate has no RSA key.")
            if not certificate.not_valid_before_utc <= clock.now() <= certificate.not_valid_after_utc:
                raise HookRefused(401, "The certificate is not valid now.")
            key.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except requests.RequestException:
            raise HookRefused(503, "The certificate of SNS could not be fetched.") from None
        except (InvalidSignature, binascii.Error, ValueError):
            raise HookRefused(401, "The signature is not valid.") from None

    def _confirm(self, address: str) -> None:
        """Confirm the subscription of the topic, which the settings name, by visiting its address."""
        if not _is_of_sns(address):
            raise HookRefused(401, "The address to confirm is not of SNS.")
        try:
            self._fetch(address)
        except requests.RequestException:
            raise HookRefused(503, "The subscription could not be confirmed.") from None


def _is_of_sns(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(_SNS_HOST.fullmatch(parts.netloc))
    except ValueError:
        return False


def _parse_object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise HookRefused(400, "The message is no JSON object.")
    return found


def _read_notification(notification: dict[str, Any]) -> list[bytes]:
    """Return the mail of a notification; none for SNS's own test messages. The rule chooses UTF-8 or Base64: of the
    two, only a mail has a colon in its first field.
    """
    content = notification.get("content")
    if notification.get("notificationType") != "Received":
        return []
    if not content or not isinstance(content, str):
        raise HookRefused(400, "The notification has no content. Choose the action SNS in the receipt rule.")
    if ":" not in content[:1000]:
        try:
            return [base64.b64decode(content, validate=True)]
        except (binascii.Error, ValueError):
            raise HookRefused(400, "The content cannot be read.") from None
    return [content.encode("utf-8", "surrogatepass")]
