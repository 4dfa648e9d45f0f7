"""Rules are tried before they act, changed by leads alone, and name no tag that is gone."""

import time

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.rules import definition, dry_run, management
from helpdesk.domain.rules.definition import Actions, Conditions, RuleDefinition
from helpdesk.domain.tickets import tag_references, tags
from helpdesk.models.audit_log import AuditEntry
from tests.domain.rules.conftest import history

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_dry_run_says_what_would_have_been_done_and_does_nothing(session, make, lead, maya):
    found = [make.ticket(subject="Refund 1"), make.ticket(subject="Refund 2")]
    make.ticket(subject="Else")
    tickets.solve(found[0], actor=lead)
    session.commit()
    wanted = Actions(assign="first", assignees=(maya.id,), status="pending")
    conditions = Conditions(words=("refund",), statuses=("open",))
    rule = management.save_rule(
        None, name="R", trigger="filed", idle_hours=None, conditions=conditions, wanted=wanted, actor=lead
    )
    session.commit()
    stored = RuleDefinition.of(rule)
    tried = dry_run.try_rule(stored)
    assert (tried.count, tried.examined) == (2, 3)
    assert [match.ticket for match in tried.matches] == found[::-1]
    assert dry_run.describe_actions(stored) == ["Assigns: To this person (Maya Lind)", "Status: Waiting for customer"]
    assert found[1].assignee is None and history(session, found[1]) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"trigger": "never"}, "trigger"),
        ({"trigger": "idle"}, "idle_hours"),
        ({"trigger": "changed", "conditions": Conditions(writer="team")}, "trigger"),
        ({"conditions": Conditions(field_value="x")}, "field_key"),
        ({"wanted": Actions()}, "assign"),
        ({"wanted": Actions(assign="turn")}, "assignees"),
        ({"wanted": Actions(priority="huge")}, "priority"),
        ({"wanted": Actions(status="closed")}, "status"),
        ({"wanted": Actions(reply_id=999)}, "reply_id"),
    ],
)
def test_mistakes_are_named_by_field(lead, values, field):
    given = {"name": "R", "trigger": "filed", "idle_hours": None, "conditions": Conditions()}
    with pytest.raises(ValidationError) as refused:
        management.save_rule(None, **{**given, "wanted": Actions(priority="low"), **values}, actor=lead)
    assert set(refused.value.errors) == {field}


def test_agents_change_no_rules_and_two_leads_do_not_overwrite_each_other(session, lead, maya, add_rule):
    rule = add_rule()
    given = {"name": "R", "trigger": "filed", "idle_hours": None, "conditions": Conditions()}
    with pytest.raises(PermissionDenied):
        management.save_rule(rule, **given, wanted=Actions(priority="low"), actor=maya)
    with pytest.raises(ConflictError):
        management.save_rule(rule, **given, wanted=Actions(priority="low"), actor=lead, version=rule.version - 1)


def test_rules_are_read_from_the_database_every_few_seconds_only(session, make, add_rule, monkeypatch):
    add_rule()
    make.ticket()
    monkeypatch.setattr(definition.db.session, "scalars", None)
    assert len(definition.list_active("filed")) == 1 and time.monotonic() < definition._cache_until


def test_a_rule_whose_only_tag_is_deleted_holds_for_no_other_ticket(session, make, lead, add_rule):
    tags.add_tags(make.ticket(), ["spam", "old"])
    both = add_rule(conditions=Conditions(tags=("spam", "old")), name="Both")
    alone = add_rule(conditions=Conditions(tags=("spam",)), name="Alone")
    tag_references.forget("spam")
    session.commit()
    definition.invalidate_cache()
    assert (both.is_active, both.conditions["tags"], alone.is_active) == (True, ["old"], False)
    assert make.ticket().priority == "normal"
    assert session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "switched a rule off")).all() == [
        "Alone"
    ]
