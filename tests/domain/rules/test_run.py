"""Rules act once, in order, on what they were made for, say why, and start no other rule."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import labels, tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.rules import actions, definition, dry_run, management, matching, run
from helpdesk.domain.rules.definition import Actions, Conditions, RuleDefinition
from helpdesk.domain.rules.facts import Facts
from helpdesk.domain.rules.reasons import describe_reason
from helpdesk.domain.tickets import canned_replies, tag_references, tags
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.event import Event
from helpdesk.models.notification import Notification
from helpdesk.models.sla import BusinessHours
from tests import worker_helpers

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def lead(make):
    return make.agent("Jonas Park", role="lead")


@pytest.fixture
def maya(make):
    return make.agent("Maya Lind")


@pytest.fixture
def add_rule(session, lead):
    """``add_rule(trigger, conditions, actions)`` makes one that acts."""

    def add(trigger="filed", conditions=Conditions(), wanted=None, name="A rule", idle_hours=None):
        rule = management.save_rule(
            None,
            name=name,
            trigger=trigger,
            idle_hours=idle_hours,
            conditions=conditions,
            wanted=wanted or Actions(priority="high"),
            actor=lead,
        )
        management.switch_rule(rule, True, actor=lead)
        session.commit()
        return rule

    yield add
    definition.invalidate_cache()


def history(session, ticket) -> list[str]:
    session.commit()
    events = session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == "rule").order_by(Event.seq)
    )
    return [labels.describe_event(event) for event in events]


def test_a_new_ticket_is_assigned_prioritised_and_the_reasons_are_written_down(session, make, maya, lead, add_rule):
    wanted = Actions(assign="first", assignees=(maya.id,), priority="urgent", notify=(lead.id,))
    add_rule(conditions=Conditions(words=("outage", "down")), wanted=wanted, name="Outages")
    other = make.ticket(subject="A question about downloads")
    ticket = make.ticket(subject="Everything is DOWN")
    assert (ticket.assignee, ticket.priority, other.assignee) == (maya, "urgent", None)
    assert history(session, ticket) == ["The rule “Outages” acted: assignment, priority and notification (Words: down)"]
    audit = session.scalars(select(AuditEntry).where(AuditEntry.action == "a rule acted").order_by(AuditEntry.id))
    assert [entry.details["did"] for entry in audit] == ["assigned", "priority", "notified"]
    notified = [(row.kind, row.user_id) for row in session.scalars(select(Notification).order_by(Notification.id))]
    assert notified == [("assigned", maya.id), ("rule", lead.id)]


def test_conditions_all_hold_or_nothing_is_done(session, make, lead):
    form = make.form("outage", ({"key": "severity"}, {"key": "area"}))
    ann = make.user(make.organization("Globex"), language="en")
    ticket = make.ticket(ann, form=form, answers={"severity": "High"}, subject="Refund, please")
    facts = Facts(ticket, ticket.messages[0])
    holding = {
        "forms": ("outage",),
        "organization_id": ann.organization_id,
        "words": ("money", "refund"),
        "field_key": "severity",
        "field_value": "high",
        "language": "en",
        "channel": "web",
        "writer": "customer",
        "hours": "inside",
        "priorities": ("normal",),
        "statuses": ("open",),
    }
    reasons = matching.find_reasons(Conditions(**holding), facts)
    assert [describe_reason(reason) for reason in reasons] == [
        "Organization: Globex",
        "Priority: Normal",
        "Status: Open",
        "Who wrote: The customer",
        "How it came: Page or API",
        "Form: Outage",
        "Words: refund",
        "severity: high",
        "Language of the requester: English",
        "Time: Inside business hours",
    ]
    failing = {
        "forms": ("other",),
        "organization_id": 999,
        "words": ("fund",),
        "field_value": "low",
        "language": "de",
        "channel": "slack",
        "writer": "team",
        "hours": "outside",
        "priorities": ("low",),
        "statuses": ("solved",),
    }
    for name, value in failing.items():
        assert matching.find_reasons(Conditions(**holding | {name: value}), facts) is None, name
    assert matching.find_reasons(Conditions(), facts) == []
    session.add(BusinessHours(weekday=(clock.now() + timedelta(days=3)).weekday(), opens=540, closes=600))
    session.commit()
    assert matching.find_reasons(Conditions(hours="outside"), facts) == [("hours", "outside")]


def test_an_idle_rule_for_certain_hours_waits_for_them(session, make, lead, add_rule, monkeypatch):
    add_rule("idle", Conditions(hours="inside"), Actions(notify=(lead.id,)), idle_hours=4)
    ticket = make.ticket()
    worker_helpers.advance_time(session, 5 * 3600)
    monkeypatch.setattr(matching, "is_in_hours", lambda moment: False)
    assert run.run_idle() == 0
    monkeypatch.setattr(matching, "is_in_hours", lambda moment: True)
    assert run.run_idle() == 1
    session.refresh(ticket)
    assert len(history(session, ticket)) == 1


def test_who_is_next_in_turn_and_who_has_least(session, make, maya, lead, add_rule):
    third = make.agent("Zoe")
    ids = (maya.id, lead.id, third.id)
    rule = add_rule(wanted=Actions(assign="turn", assignees=ids))
    found = [make.ticket().assignee_id for _ in range(4)]
    assert found == [maya.id, lead.id, third.id, maya.id]
    lead.deactivated_at = clock.now()
    session.commit()
    assert make.ticket().assignee_id == third.id
    third.deactivated_at, lead.deactivated_at = clock.now(), None  # whoever comes after one who is away, is next
    session.commit()
    assert [make.ticket().assignee_id for _ in range(2)] == [maya.id, lead.id]
    third.deactivated_at = None
    lead.deactivated_at = clock.now()  # assigned last
    session.commit()
    assert make.ticket().assignee_id == third.id
    least = RuleDefinition(99, "Least", rule.trigger, actions=Actions(assign="least", assignees=ids))
    assert actions.choose_assignee(least).id in (maya.id, third.id)
    tickets.assign(make.ticket(), maya, actor=maya)
    tickets.assign(make.ticket(), maya, actor=maya)
    assert actions.choose_assignee(least) == third


def test_a_rule_answers_once_a_day_and_that_is_no_first_response(session, make, maya, lead, add_rule):
    macro = canned_replies.save_reply(None, title="Got it", body="Hello {{first_name}}", actor=lead, shared=True)
    session.commit()
    wanted = Actions(reply_id=macro.id, reply_author_id=maya.id)
    add_rule("filed", wanted=wanted)
    add_rule("replied", Conditions(writer="customer"), wanted, name="Again")
    ticket = make.ticket(make.user(make.organization(), "Ann Lee"))
    said = [message.body for message in ticket.messages]
    assert said[1:] == ["Hello Ann"]
    assert (ticket.first_response_at, ticket.assignee, ticket.status) == (None, None, "open")
    for _ in range(3):
        tickets.reply(ticket, author=ticket.requester, body="And?")
        session.commit()
    session.refresh(ticket)
    assert [message.body for message in ticket.messages].count("Hello Ann") == 2
    assert ticket.first_response_at is None


def test_what_rules_do_starts_no_other_rule(session, make, lead, add_rule):
    add_rule("changed", Conditions(priorities=("high",)), Actions(priority="low"), name="Down")
    add_rule("changed", Conditions(priorities=("low",)), Actions(priority="high"), name="Up")
    ticket = make.ticket()
    tickets.set_priority(ticket, "high", actor=lead)
    session.commit()
    assert ticket.priority == "high" and len(history(session, ticket)) == 2  # each acted once, in their order


def test_what_a_rule_answers_starts_no_other_rule(session, make, maya, lead, add_rule):
    macro = canned_replies.save_reply(None, title="Got it", body="Hello", actor=lead, shared=True)
    session.commit()
    add_rule("filed", wanted=Actions(reply_id=macro.id, reply_author_id=maya.id))
    add_rule("replied", Conditions(writer="team"), Actions(priority="urgent"), name="Answered")
    ticket = make.ticket()
    assert [message.body for message in ticket.messages][1:] == ["Hello"] and ticket.priority == "normal"
    tickets.reply(ticket, author=maya, body="I am on it.")
    session.commit()
    assert ticket.priority == "urgent"


def test_a_change_by_a_person_runs_rules_after_all_of_it_is_done(session, make, lead, add_rule):
    add_rule("changed", Conditions(statuses=("solved",)), Actions(status="pending"), name="Not yet")
    ticket = make.ticket()
    tickets.solve(ticket, actor=lead)
    session.commit()
    assert ticket.status == "pending" and history(session, ticket)


def test_idle_tickets_are_found_once_until_something_is_done(session, make, lead, add_rule):
    add_rule("idle", Conditions(priorities=("normal",)), Actions(notify=(lead.id,)), idle_hours=4)
    ticket = make.ticket()
    assert run.run_idle() == 0
    worker_helpers.advance_time(session, 5 * 3600)
    assert (run.run_idle(), run.run_idle()) == (1, 0)
    session.commit()
    assert len(history(session, ticket)) == 1
    tickets.reply(ticket, author=ticket.requester, body="Hello?")
    session.commit()
    worker_helpers.advance_time(session, 5 * 3600)
    assert (run.run_idle(), run.run_idle()) == (1, 0)
    assert len(history(session, ticket)) == 2


def test_a_rule_that_is_off_or_deleted_does_nothing_and_order_decides(session, make, lead, maya, add_rule):
    first = add_rule(wanted=Actions(assign="first", assignees=(maya.id,)), name="First")
    second = add_rule(wanted=Actions(assign="first", assignees=(lead.id,)), name="Second")
    assert make.ticket().assignee == maya
    management.move_rule(second, -1, actor=lead)
    session.commit()
    assert make.ticket().assignee == lead
    management.switch_rule(second, False, actor=lead)
    session.commit()
    assert make.ticket().assignee == maya
    management.delete_rule(first, actor=lead)
    session.commit()
    assert make.ticket().assignee is None


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


def test_a_rule_asks_for_tags_and_adds_some(session, make, maya, lead, add_rule):
    add_rule(conditions=Conditions(words=("refund",)), wanted=Actions(tags=("refund", "money")), name="Tag it")
    add_rule("changed", Conditions(tags=("vip", "refund")), Actions(priority="urgent"), name="Refunds first")
    ticket, other = make.ticket(subject="A refund"), make.ticket(subject="A question")
    assert (ticket.tags, other.tags) == (("money", "refund"), ())
    for each in (ticket, other):
        tickets.assign(each, maya, actor=lead)
    assert (ticket.priority, other.priority) == ("urgent", "normal")
    assert history(session, ticket) == [
        "The rule “Tag it” acted: tags (Words: refund)",
        "The rule “Refunds first” acted: priority (Tags: refund)",
    ]
    assert dry_run.describe_actions(RuleDefinition.of(management.list_rules()[0])) == ["Adds tags: refund, money"]


def test_a_rule_that_cannot_answer_keeps_no_customer_from_filing(session, make, maya, lead, add_rule):
    long = CannedReply(title="Long", body="x" * 39_990 + " {{subject}}")
    session.add(long)
    session.commit()
    wanted = Actions(reply_id=long.id, reply_author_id=maya.id, priority="high")
    add_rule(wanted=wanted)
    ticket = make.ticket(subject="S" * 100)
    assert [message.from_team for message in ticket.messages] == [False] and ticket.priority == "high"


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
