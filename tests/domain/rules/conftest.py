"""A lead who makes rules, and a way to make them."""

import pytest
from sqlalchemy import select

from helpdesk.domain import labels
from helpdesk.domain.rules import definition, management
from helpdesk.domain.rules.definition import Actions, Conditions
from helpdesk.models.event import Event


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
    """What rules did on the ticket, as its page says it."""
    session.commit()
    events = session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.kind == "rule").order_by(Event.seq)
    )
    return [labels.describe_event(event) for event in events]
