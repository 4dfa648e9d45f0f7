"""What mails keep in ``Delivery.data``, by name: why they were written, whom they went to, and what came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from helpdesk.models.delivery import Delivery


@dataclass(frozen=True)
class SignInRequest:
    """From where somebody asked to sign in: browser and place in words, "" where unknown."""

    browser: str
    place: str


@dataclass(frozen=True)
class InvitationDetails:
    """Who invites somebody to what."""

    inviter: str
    role: str
    organization: str


def sign_in_request(delivery: Delivery) -> SignInRequest:
    """Of a sign-in link, or of a mail that says a provider was linked."""
    return SignInRequest(delivery.data.get("browser", ""), delivery.data.get("place", ""))


def invitation_details(delivery: Delivery) -> InvitationDetails:
    """Of an invitation."""
    data = delivery.data
    return InvitationDetails(data.get("inviter", ""), data.get("role", "agent"), data.get("organization", ""))


def week_begins(delivery: Delivery) -> date:
    """The Monday that a weekly digest begins with."""
    return date.fromisoformat(delivery.data["begins"])


def recipient(delivery: Delivery) -> str | None:
    """Whom a mail was rendered for; None before it was."""
    return delivery.data.get("recipient")


def sender(delivery: Delivery) -> str:
    """Where a rendered mail comes from."""
    return str(delivery.data["sender"])


def set_addresses(delivery: Delivery, recipient: str, sender: str) -> None:
    """Keep whom it was rendered for, and where it comes from."""
    delivery.data = {**delivery.data, "recipient": recipient, "sender": sender}


def carried_ids(delivery: Delivery) -> Sequence[int] | None:
    """The deliveries whose messages leave in this mail, too; None where that was never asked."""
    return delivery.data.get("carries")


def set_carried_ids(delivery: Delivery, ids: Sequence[int]) -> None:
    """Keep which deliveries' messages leave in this mail, too."""
    delivery.data = {**delivery.data, "carries": list(ids)}


def has_bounced(delivery: Delivery) -> bool:
    """Whether it is known already that the mail came back."""
    return "bounced" in delivery.data


def set_bounced(delivery: Delivery, reason: str) -> None:
    """Keep why the mail came back."""
    delivery.data = {**delivery.data, "bounced": reason}
