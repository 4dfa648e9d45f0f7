"""Who changed what."""

from datetime import UTC, datetime

from flask import Blueprint, request

from helpdesk.domain.administration import audit_log
from helpdesk.web.middleware import authorization
from helpdesk.web.request import parse_id
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_audit_log", __name__, url_prefix="/settings/audit")


@blueprint.get("")
@authorization.admin_only
def list_audit_entries():
    """The newest entries, and older ones page by page."""
    words = request.args.get("q", "").strip()[:100]
    organization = request.args.get("organization", "")
    organization_id = parse_id(organization)
    found = audit_log.list_entries(
        words=words, organization_id=organization_id, before=cursor(), size=audit_log.PAGE_SIZE + 1
    )
    shown = found[: audit_log.PAGE_SIZE]
    older = f"{shown[-1].at.isoformat()}_{shown[-1].id}" if len(found) > audit_log.PAGE_SIZE else None
    return navigation.render_settings_page(
        "settings/audit.html",
        entries=[(entry, details(entry.details, entry.action.startswith("changed"))) for entry in shown],
        words=words,
        organization=organization,
        older=older,
    )


def cursor() -> tuple[datetime, int] | None:
    """Where the page before ended; nothing for what is no such place."""
    at, _, last = request.args.get("before", "").rpartition("_")
    try:
        moment = datetime.fromisoformat(at)
        return (moment.astimezone(UTC), int(last)) if moment.tzinfo and 0 <= int(last) < 2**63 else None
    except (ValueError, OverflowError):
        return None


def details(values: dict, are_changes: bool = False) -> list[tuple[str, str]]:
    """The details as words: (what, "before → after"), where the values of ``are_changes`` are such pairs, or (what, value)."""
    old, new = values.get("old"), values.get("new")
    rows = [("", f"{say(old)} → {say(new)}")] if "old" in values or "new" in values else []
    for key, value in values.items():
        if key in ("old", "new"):
            continue
        is_change = are_changes and isinstance(value, list) and len(value) == 2
        rows.append((key.replace("_", " "), f"{say(value[0])} → {say(value[1])}" if is_change else say(value)))
    return rows


def say(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value) if value not in (None, "") else "none"
