"""The columns of the generated rows, in the order in which `bulk_data` fills them, and how single values are made."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from helpdesk.extensions import db
from helpdesk.markup import search_words
from helpdesk.models.channel import Channel

ORGANIZATION_COLUMNS = (
    "id",
    "name",
    "slug",
    "created_at",
    "portal_enabled",
    "allowlist_only",
    "default_ticket_visibility",
    "notes",
    "search_words",
    "version",
)
USER_COLUMNS = (
    "id",
    "email",
    "name",
    "role",
    "organization_id",
    "ticket_visibility",
    "mail_replies",
    "mail_updates",
    "mail_failures",
    "created_at",
    "email_verified_at",
    "search_words",
)
ORGANIZATION_DOMAIN_COLUMNS = ("id", "organization_id", "domain", "created_at")
MEMBERSHIP_COLUMNS = ("user_id", "organization_id", "ticket_visibility")
TICKET_COLUMNS = (
    "id",
    "organization_id",
    "requester_id",
    "assignee_id",
    "subject",
    "status",
    "priority",
    "excerpt",
    "created_at",
    "updated_at",
    "turn_since",
    "customer_replied_at",
    "first_response_at",
    "solved_at",
    "closed_at",
    "next_seq",
    "last_public_seq",
    "version",
)
MESSAGE_COLUMNS = (
    "id",
    "ticket_id",
    "organization_id",
    "seq",
    "kind",
    "from_team",
    "author_id",
    "author_name",
    "body",
    "rendered",
    "rendered_version",
    "created_at",
    "revision",
)
EVENT_COLUMNS = (
    "id",
    "ticket_id",
    "organization_id",
    "seq",
    "kind",
    "team_only",
    "actor_id",
    "actor_name",
    "data",
    "created_at",
)
THREAD_COLUMNS = (
    "id",
    "ticket_id",
    "organization_id",
    "channel_id",
    "user_id",
    "nonce",
    "token_hash",
    "created_at",
)


def build_user_row(id: int, email: str, name: str, role: str, organization_id: int | None, at: str) -> tuple:
    """A row of ``USER_COLUMNS``."""
    words = search_words.join_words(name, email)
    return (id, email, name, role, organization_id, "organization", True, True, 0, at, at, words)


def format_time(at: float | None) -> str | None:
    """A time (Unix seconds) in the format both databases read."""
    return None if at is None else datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def next_id(model) -> int:
    """The lowest id above all used ones of the model's table."""
    return db.session.scalar(select(func.coalesce(func.max(model.id), 0))) + 1


def get_mail_channel_id() -> int:
    """The id of the email channel, which is created if missing."""
    found = db.session.scalar(select(Channel.id).where(Channel.kind == "email"))
    if found:
        return found
    channel = Channel(kind="email", external_id="mail", name="email", audience="customer", has_personal_threads=True)
    db.session.add(channel)
    db.session.flush()
    return channel.id
