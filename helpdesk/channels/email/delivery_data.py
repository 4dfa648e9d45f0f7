"""Typed access to ``Delivery.data`` of mails: why they were written, who got them, and whether they bounced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from helpdesk.models.delivery import Delivery


@dataclass(frozen=True)
class InvitationDetails:
    """Who invites somebody to what."""

    inviter: str
    role: str
    organization: str


def browser(delivery: Delivery) -> str:
    """Return what the browser calls itself that asked for a sign-in link or linked a provider; "" where unknown."""
    return str(delivery.data.get("browser", ""))


def language(delivery: Delivery) -> str:
    """Return the code of the language of the page on which the mail was asked for; "" where there was none."""
    return str(delivery.data.get("language", ""))


def invitation_details(delivery: Delivery) -> InvitationDetails:
    """Return the details of an invitation."""
    data = delivery.data
    return InvitationDetails(data.get("inviter", ""), data.get("role", "agent"), data.get("organization", ""))


def week_begins(delivery: Delivery) -> date:
    """Return the Monday that a weekly digest begins with."""
    return date.fromisoformat(delivery.data["begins"])


def report_details(delivery: Delivery) -> tuple[int, date, date]:
    """Return the id of a saved report, and the first and the last day that its mail is about."""
    data = delivery.data
    return data["report"], date.fromisoformat(data["first"]), date.fromisoformat(data["last"])


def recipient(delivery: Delivery) -> str | None:
    """Return the address a mail was rendered for; None before it was."""
    return delivery.data.get("recipient")


def sender(delivery: Delivery) -> str:
    """Return the address a rendered mail comes from."""
    return str(delivery.data["sender"])


def set_addresses(delivery: Delivery, recipient: str, sender: str) -> None:
    """Store the address the mail was rendered for, and the one it comes from."""
    delivery.data = {**delivery.data, "recipient": recipient, "sender": sender}


def carried_ids(delivery: Delivery) -> Sequence[int] | None:
    """Return the ids of the deliveries whose messages are sent in this mail, too; None where none were looked for."""
    return delivery.data.get("carries")


def set_carried_ids(delivery: Delivery, ids: Sequence[int]) -> None:
    """Store the ids of the deliveries whose messages are sent in this mail, too."""
    delivery.data = {**delivery.data, "carries": list(ids)}


def notification_ids(delivery: Delivery) -> list[int]:
    """Return the ids of the notifications that a mail of an hour or a day is about."""
    return list(delivery.data.get("notifications", ()))


def is_proven(delivery: Delivery) -> bool:
    """Return whether the recipient's domain has proven that they sent the mail which this one answers."""
    return bool(delivery.data.get("proven"))


def is_loop(delivery: Delivery) -> bool:
    """Return whether a test mail goes to a reply address, to come back."""
    return bool(delivery.data.get("loop"))


def answered_id(delivery: Delivery) -> str:
    """Return the Message-ID of the mail that this one answers; "" for none."""
    return str(delivery.data.get("answers") or "")


def has_bounced(delivery: Delivery) -> bool:
    """Return whether it is known already that the mail bounced."""
    return "bounced" in delivery.data


def set_bounced(delivery: Delivery, reason: str) -> None:
    """Store why the mail bounced."""
    delivery.data = {**delivery.data, "bounced": reason}
