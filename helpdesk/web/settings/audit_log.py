"""The audit log."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.administration import audit_log
from helpdesk.translation import format_list, gettext, pgettext
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_audit_log", __name__, url_prefix="/settings/audit")


@blueprint.get("")
@authorization.admin_only
def list_audit_entries() -> ResponseReturnValue:
    """The newest entries, and older ones page by page."""
    text = request.args.get("q", "").strip()[:100]
    organization = request.args.get("organization", "")
    organization_id = parse_id(organization)
    entries = audit_log.list_entries(
        words=text, organization_id=organization_id, before=parse_cursor(), size=audit_log.PAGE_SIZE + 1
    )
    page_entries = entries[: audit_log.PAGE_SIZE]
    older = f"{page_entries[-1].at.isoformat()}_{page_entries[-1].id}" if len(entries) > audit_log.PAGE_SIZE else None
    return navigation.render_settings_page(
        "settings/audit.html",
        entries=[(entry, format_details(entry.details, entry.action.startswith("changed"))) for entry in page_entries],
        words=text,
        organization=organization,
        older=older,
    )


def parse_cursor() -> tuple[datetime, int] | None:
    """The cursor in the URL: time and id of the previous page's last entry; None if invalid."""
    time_text, _, id_text = request.args.get("before", "").rpartition("_")
    try:
        moment = datetime.fromisoformat(time_text)
        entry_id = parse_id(id_text)
        return (moment.astimezone(UTC), entry_id) if moment.tzinfo and entry_id is not None else None
    except (ValueError, OverflowError):
        return None


def format_details(values: dict[str, Any], are_changes: bool = False) -> list[tuple[str, str]]:
    """Format an entry's details for display: pairs of (name, text).

    If ``are_changes``, a value that is a list of two is a pair of old and new value.
    """
    old, new = values.get("old"), values.get("new")
    rows = [("", format_change(old, new))] if "old" in values or "new" in values else []
    for key, value in values.items():
        if key in ("old", "new"):
            continue
        is_change = are_changes and isinstance(value, list) and len(value) == 2
        rows.append(
            (
                key.replace("_", " "),
                format_change(value[0], value[1]) if is_change else format_value(value),
            )
        )
    return rows


def format_change(old: object, new: object) -> str:
    """A former and a new value; the arrow is that of the reader's language."""
    return gettext("%(old)s → %(new)s", old=format_value(old), new=format_value(new))


def format_value(value: object) -> str:
    """One value as text."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return format_list([str(each) for each in value]) if value else pgettext("value of a setting", "none")
    return str(value) if value not in (None, "") else pgettext("value of a setting", "none")
