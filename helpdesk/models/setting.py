"""Settings that admins change while the helpdesk runs. Their names, defaults and meanings are in ``SETTINGS``."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.extensions import Base
from helpdesk.models.personal_data import CODE, CONFIGURATION
from helpdesk.translation import LANGUAGES

ENTERED_PREFIX = "environment."  # of keys whose value is that of an environment variable, encrypted


class Setting(Base):
    """The value of one changed setting; a setting without a row has its default."""

    __tablename__ = "settings"
    personal_data = {
        "key": CODE,
        "value": CONFIGURATION,
    }

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


@dataclass(frozen=True)
class SettingDefinition:
    """One setting: its default, whose type is the setting's type, what it does, and its allowed values, if limited."""

    name: str
    default: Any
    what: str
    choices: tuple[str, ...] = ()


SETTINGS = {
    definition.name: definition
    for definition in (
        SettingDefinition("portal_name", "Help", "Name in the portal's header and in mails."),
        SettingDefinition("team_name", "Support", "What customers read as the team's name."),
        SettingDefinition(
            "accent", "#2f5fd0", "Accent colour of the portal; corrected where its contrast is too weak."
        ),
        SettingDefinition("logo", "", "Storage key of the logo; empty shows the name alone."),
        SettingDefinition("logo_dark", "", "Storage key of the logo for the dark scheme; empty shows the other one."),
        SettingDefinition("favicon", "", "Storage key of the icon of browser tabs; empty takes the logo."),
        SettingDefinition("logo_mail", "", "Storage key of the logo of mails; empty takes the logo unless it is SVG."),
        SettingDefinition(
            "portal_edition",
            "external_helpdesk",
            "Edition that includes the portal; any other switches it off.",
            ("external_helpdesk", "internal_helpdesk"),
        ),
        SettingDefinition(
            "portal_plan",
            "enterprise",
            "Plan that includes the portal; starter switches it off.",
            ("starter", "professional", "enterprise"),
        ),
        SettingDefinition("sign_in_google", True, "Offer Sign in with Google where it is configured."),
        SettingDefinition("sign_in_microsoft", True, "Offer Sign in with Microsoft where it is configured."),
        SettingDefinition("sign_in_link", True, "Offer a sign-in link by mail."),
        SettingDefinition(
            "second_factor_for",
            "nobody",
            "Who of the team must have a second factor: nobody, admins, or the whole team.",
            ("nobody", "admins", "team"),
        ),
        SettingDefinition(
            "team_sign_in",
            "any",
            "How the team signs in: any way that is offered, or only its own provider (a sign-in connection).",
            ("any", "own"),
        ),
        SettingDefinition(
            "emergency_admin", "", "Address of the admin who may sign in by a link whatever team_sign_in says."
        ),
        SettingDefinition(
            "internal_domains", "", "Our own mail domains, which can never be an organization's; separated by spaces."
        ),
        SettingDefinition("triage_channel", "", "Slack channel id of the team's triage channel."),
        SettingDefinition(
            "slack_undo_mode",
            "at_once",
            "Who has an agent's Slack reply before its undo time ends: at_once all but mail, hold the team only.",
            ("at_once", "hold"),
        ),
        SettingDefinition(
            "on_call_group", "", "Slack user group (S…) mentioned for an urgent ticket that nobody has; empty: none."
        ),
        SettingDefinition(
            "slack_customer_messages",
            "ask",
            "Whether a customer's Slack message outside a ticket's thread becomes a ticket: ask, always, never.",
            ("ask", "always", "never"),
        ),
        SettingDefinition(
            "undo_seconds", 20, "How long the mail of an agent's Slack reply waits, so that it can be taken back."
        ),
        SettingDefinition(
            "web_undo_seconds",
            10,
            "How long an agent's reply from a page waits for mail and Slack, so that it can be undone; 0 not.",
        ),
        SettingDefinition("sla_pauses_on_hold", False, "Pause the resolution time of a ticket while it is on hold."),
        SettingDefinition(
            "assign_first_responder", True, "Assign an unassigned ticket to the first agent who answers."
        ),
        SettingDefinition("system_email", "", "Address that mail comes from; empty takes MAIL_DEFAULT_SENDER."),
        SettingDefinition(
            "support_addresses",
            "",
            "Further addresses that people write to; mail to them is like mail to the system address.",
        ),
        SettingDefinition(
            "use_custom_from", False, "Let organizations' own From addresses replace the system address."
        ),
        SettingDefinition("mail_received", True, "Mail the requester that a ticket was received."),
        SettingDefinition("mail_solved", True, "Mail the requester when a ticket is solved, with the rating."),
        SettingDefinition("mail_inline_images", False, "Show small pictures inside mails instead of links."),
        SettingDefinition(
            "mail_while_reading", False, "Mail an answer also to somebody who is reading the ticket right now."
        ),
        SettingDefinition(
            "mail_grouping_seconds",
            0,
            "Wait this long so that answers in a burst leave as one mail; 0 sends each at once.",
        ),
        SettingDefinition(
            "tickets_by_mail",
            False,
            "File a ticket from an admitted person's mail to the system, a further or an organization's own address.",
        ),
        SettingDefinition(
            "mail_cc_follows", False, "Let colleagues named in Cc or To of a customer's mail follow its ticket."
        ),
        SettingDefinition("close_after_days", 7, "Days after which a solved ticket closes automatically; 0 never."),
        SettingDefinition("close_warning_days", 1, "Days before closing at which the customer is told; 0 not."),
        SettingDefinition("rating_style", "stars", "How a solved ticket is rated.", ("stars", "faces", "off")),
        SettingDefinition("retention_days", 0, "Days after closing at which tickets are erased; 0 keeps them."),
        SettingDefinition(
            "language",
            "en",
            "Language of whoever chose none, of Slack and of mails to addresses without an account.",
            tuple(LANGUAGES),
        ),
        SettingDefinition("welcome_text", "", "What people read above the ways of signing in, in Markdown."),
        SettingDefinition("announcement", "", "What customers read above every page; empty: nothing."),
        SettingDefinition(
            "announcement_from", "", "When the announcement begins, like 2026-11-28T09:00; empty: at once."
        ),
        SettingDefinition("announcement_until", "", "When the announcement ends, in the same form; empty: it stays."),
        SettingDefinition(
            "announcement_organization", "", "The organization (by its short name) that reads it; empty: all."
        ),
        SettingDefinition("maintenance", False, "Let everything be read and nothing be saved; what comes in waits."),
        SettingDefinition("maintenance_text", "", "What people read above every page meanwhile; empty: our sentence."),
        SettingDefinition("status_page_url", "", "Address of a page with the state of your service; empty: none."),
        SettingDefinition("show_hours", False, "Say on the filing page when the team is back, outside business hours."),
        SettingDefinition(
            "received_text", "", "What the requester reads in the mail that a ticket was received, in Markdown."
        ),
        SettingDefinition(
            "solved_text", "", "What the requester reads in the mail about a solved ticket, in Markdown."
        ),
        SettingDefinition(
            "closing_text", "", "What the requester reads in the warning before a ticket closes, in Markdown."
        ),
        SettingDefinition(
            "article_readers",
            "",
            "Who may read help articles; kept up to date when one is published or withdrawn.",
            ("", "signed_in", "public"),
        ),
        SettingDefinition("content_version", "", "Changes whenever a translation of the admins' own texts changes."),
        SettingDefinition(
            "received_retention_days",
            90,
            "Days after which processed mails and Slack events are deleted in their raw form; 0 keeps them.",
        ),
        SettingDefinition(
            "delivery_retention_days",
            90,
            "Days after which finished webhook calls, account mails and card updates are deleted; 0 keeps them.",
        ),
        SettingDefinition("session_retention_days", 30, "Days after which ended sessions are deleted; 0 keeps them."),
        SettingDefinition(
            "sign_in_retention_days", 30, "Days after which requests for sign-in links are deleted; 0 keeps them."
        ),
        SettingDefinition(
            "sign_in_audit_days", 180, "Days after which sign-ins are deleted from the audit log; 0 keeps them."
        ),
        SettingDefinition(
            "audit_retention_days", 0, "Days after which all entries of the audit log are deleted; 0 keeps them."
        ),
        SettingDefinition(
            "operation_retention_days",
            365,
            "Days after which finished merges and moves are deleted and can no longer be undone; 0 keeps them.",
        ),
        SettingDefinition(
            "notification_retention_days", 90, "Days after which notifications of the team are deleted; 0 keeps them."
        ),
        SettingDefinition("draft_retention_days", 30, "Days after which unchanged drafts are deleted; 0 keeps them."),
        SettingDefinition("size_retention_days", 400, "Days after which recorded sizes of tables are deleted."),
        SettingDefinition("setup_dismissed", False, "Do not open the set-up checklist at sign-in any more."),
        SettingDefinition("setup_ticket", "", "Number of the test ticket of the set-up checklist."),
        SettingDefinition("time_zone", "UTC", "Time zone of business hours and reports."),
    )
}
