"""Rules act once, in order, on what they were made for, say why, and start no other rule."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.rules import actions, dry_run, management, matching, run
from helpdesk.domain.rules.definition import Actions, Conditions, RuleDefinition
from helpdesk.domain.rules.facts import Facts
from helpdesk.domain.rules.reasons import describe_reason
from helpdesk.domain.tickets import canned_replies
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.notification import Notification
from helpdesk.models.sla import BusinessHours
from tests import worker_helpers
from tests.domain.rules.conftest import history

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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
