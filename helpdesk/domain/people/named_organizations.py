"""Where an organization is named without a foreign key: rules have its id, saved views, reports and a setting its slug.

The setting says which organization reads the announcement.
"""

from typing import Any

from sqlalchemy import select

from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.rule import Rule
from helpdesk.models.saved_report import SavedReport
from helpdesk.models.saved_view import SavedView

Named = dict[str, list[int]]  # the ids of the rows, by the name of their table
FILTERED: tuple[Any, ...] = (SavedView, SavedReport)
ERASED_SLUG = "erased-organization"  # that no organization has
RULE_KEY, FILTER_KEY = "organization_id", "organization"
READER_SETTING = "announcement_organization"


def replace(source: Organization, target: Organization) -> Named:
    """Let them name ``target`` in place of ``source``. Returns which did."""
    rules = [rule for rule in db.session.scalars(select(Rule)) if rule.conditions.get(RULE_KEY) == source.id]
    for rule in rules:
        rule.conditions = rule.conditions | {RULE_KEY: target.id}
    named = {Rule.__tablename__: [rule.id for rule in rules]}
    for table in FILTERED:
        rows = list(db.session.scalars(select(table).where(table.filters[FILTER_KEY].as_string() == source.slug)))
        for row in rows:
            row.filters = row.filters | {FILTER_KEY: target.slug}
        named[table.__tablename__] = [row.id for row in rows]
    if settings.load_all()[READER_SETTING] == source.slug:
        settings.set(READER_SETTING, target.slug)
        named[READER_SETTING] = [source.id]
    db.session.flush()
    return named


def erase(organization: Organization) -> None:
    """Let saved views and reports name ``organization`` no longer; they find nothing any more. Rules have no name.

    The announcement that only it read ends: without the name everybody would read it.
    """
    if settings.load_all()[READER_SETTING] == organization.slug:
        settings.set("announcement", "")
        settings.set(READER_SETTING, "")
    for table in FILTERED:
        rows = select(table).where(table.filters[FILTER_KEY].as_string() == organization.slug)
        for row in db.session.scalars(rows):
            row.filters = row.filters | {FILTER_KEY: ERASED_SLUG}
    db.session.flush()


def restore(named: Named, source: Organization, target: Organization) -> None:
    """Let those that ``replace`` returned name ``source`` again, if they still name ``target``."""
    for rule in db.session.scalars(select(Rule).where(Rule.id.in_(named.get(Rule.__tablename__, ())))):
        if rule.conditions.get(RULE_KEY) == target.id:
            rule.conditions = rule.conditions | {RULE_KEY: source.id}
    for table in FILTERED:
        for row in db.session.scalars(select(table).where(table.id.in_(named.get(table.__tablename__, ())))):
            if row.filters.get(FILTER_KEY) == target.slug:
                row.filters = row.filters | {FILTER_KEY: source.slug}
    if READER_SETTING in named and settings.load_all()[READER_SETTING] == target.slug:
        settings.set(READER_SETTING, source.slug)
    db.session.flush()
