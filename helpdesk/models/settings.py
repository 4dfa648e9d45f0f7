"""What an admin changes while the helpdesk runs. The keys, their defaults and their meaning are in ``KEYS``."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.extensions import db


class SettingRow(db.Model):
    """One changed setting; a key without a row has its default."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


@dataclass(frozen=True)
class Key:
    """One setting an admin may change: its default, whose type is the setting's type, and what it does."""

    name: str
    default: Any
    what: str
    choices: tuple[str, ...] = ()


KEYS = {
    key.name: key
    for key in (
        Key("portal_name", "Help", "Name in the portal's header and in mails."),
        Key("team_name", "Support", "What customers read as the team's name."),
        Key("accent", "#2f5fd0", "Accent colour of the portal; corrected where its contrast is too weak."),
        Key("logo", "", "Storage key of the logo; empty shows the name alone."),
        Key(
            "portal_edition",
            "external_helpdesk",
            "Edition that includes the portal; any other switches it off.",
            ("external_helpdesk", "internal_helpdesk"),
        ),
        Key(
            "portal_plan",
            "enterprise",
            "Plan that includes the portal; starter switches it off.",
            ("starter", "professional", "enterprise"),
        ),
        Key("sign_in_google", True, "Offer Sign in with Google where it is configured."),
        Key("sign_in_microsoft", True, "Offer Sign in with Microsoft where it is configured."),
        Key("sign_in_link", True, "Offer a sign-in link by mail."),
        Key("internal_domains", "", "Our own mail domains, which can never be an organization's; separated by spaces."),
        Key("triage_channel", "", "Slack channel id of the team's triage channel."),
        Key("undo_seconds", 20, "How long the mail of an agent's Slack reply waits, so that it can be taken back."),
        Key("assign_first_responder", True, "Assign an unassigned ticket to the first agent who answers."),
        Key("system_email", "", "Address that mail comes from; empty takes MAIL_DEFAULT_SENDER."),
        Key("use_custom_from", False, "Let organizations' own From addresses replace the system address."),
        Key("mail_received", True, "Mail the requester that a ticket was received."),
        Key("mail_solved", True, "Mail the requester when a ticket is solved, with the rating."),
        Key("mail_inline_images", False, "Show small pictures inside mails instead of links."),
        Key("mail_while_reading", False, "Mail an answer also to somebody who is reading the ticket right now."),
        Key(
            "mail_grouping_seconds",
            0,
            "Wait this long so that answers in a burst leave as one mail; 0 sends each at once.",
        ),
        Key("tickets_by_mail", False, "File a ticket from a mail to the system address, from an admitted person."),
        Key("close_after_days", 7, "Days after which a solved ticket closes by itself; 0 never."),
        Key("close_warning_days", 1, "Days before closing at which the customer is told; 0 not."),
        Key("rating_style", "stars", "How a solved ticket is rated.", ("stars", "faces", "off")),
        Key("retention_days", 0, "Days after closing at which tickets are erased; 0 keeps them."),
        Key("time_zone", "UTC", "Time zone of business hours and reports."),
    )
}
