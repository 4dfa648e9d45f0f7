"""Members of the Slack workspace: which user of the portal each is."""

import re

from sqlalchemy import select

from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.translation import gettext

MEMBER_ID_PATTERN = re.compile(r"[UW][A-Z0-9]{4,30}")


def link_member(user: User, slack_user_id: str | None, *, actor: User | None = None) -> None:
    """Set the Slack member id of ``user`` (U0123ABCD), or remove it with None or "".

    Raises ValidationError or ConflictError.
    """
    slack_user_id = (slack_user_id or "").strip().upper() or None
    if slack_user_id == user.slack_user_id:
        return
    if slack_user_id and not MEMBER_ID_PATTERN.fullmatch(slack_user_id):
        raise ValidationError(gettext("A Slack member id begins with U or W, like U0123ABCD."), "slack_user_id")
    other = slack_user_id and db.session.scalar(select(User).where(User.slack_user_id == slack_user_id))
    if other:
        raise ConflictError(
            gettext("%(slack_user_id)s is %(other)s already.", slack_user_id=slack_user_id, other=other.display_name),
            "slack_user_id",
        )
    before, user.slack_user_id = user.slack_user_id, slack_user_id
    db.session.flush()
    audit_log.add_entry("linked to Slack", actor, user.email, user.organization_id, old=before, new=slack_user_id)
