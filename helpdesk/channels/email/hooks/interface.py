"""The interface of a service that posts received mails."""

import base64
import binascii
import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from helpdesk import config


class HookRefused(Exception):
    """The request is not what the service sends. ``status`` is 401 without a valid proof, 400 for another content;
    ``reason`` is a sentence for the operator, shown with 400 only.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class HookRequest:
    """One POST: its body as received, and its headers by their names in lower case."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


class InboundHook(ABC):
    """One service. It has no state of its own."""

    name: str  # the last part of the address
    title: str  # as people know it

    @abstractmethod
    def is_configured(self) -> bool:
        """Return whether the settings name what proves a request; without, every request is refused."""

    @abstractmethod
    def read_mails(self, request: HookRequest) -> list[bytes]:
        """Return the raw mails of a proven request; none for a message of the service about itself. Raises HookRefused.

        No transaction is open.
        """


def check_basic_secret(request: HookRequest) -> None:
    """Check that the password of HTTP's Basic authentication is INBOUND_MAIL_SECRET: the address of the hook is written
    as https://mail:SECRET@portal/... Raises HookRefused.
    """
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True).partition(b":")[2] if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        given = b""
    secret = config.current().INBOUND_MAIL_SECRET.encode()
    if not secret or not hmac.compare_digest(secret, given):
        raise HookRefused(401, "The secret is not INBOUND_MAIL_SECRET.")
