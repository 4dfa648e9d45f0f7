"""Texts to answer with."""

import pytest

from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.tickets import canned_replies


@pytest.fixture
def lead(make):
    return make.agent("Jonas Park", role="lead")


def test_variables_are_the_tickets_own_and_a_name_is_no_markdown(session, make, lead):
    ann = make.user(make.organization("Globex"), "Ann [click](https://evil.example) *Ambrose*")
    ticket = make.ticket(ann, subject="A_b")
    reply = canned_replies.save_reply(
        None,
        title="Hi",
        body="Hello {{ first_name }} of {{organization}}: {{requester}}, {{subject}} {{link}}",
        actor=lead,
        shared=True,
    )
    session.commit()
    text = canned_replies.fill_variables(reply, ticket, lead)
    assert text.startswith("Hello Ann of Globex: Ann \\[click\\](https://evil.example) \\*Ambrose\\*, A\\_b http")
    assert f"/tickets/{ticket.number}" in text


def test_mistakes_are_named(make, lead):
    with pytest.raises(ValidationError) as refused:
        canned_replies.save_reply(None, title="", body="{{ surname }}", actor=lead, shared=True, status="closed")
    assert set(refused.value.errors) == {"title", "body", "status"}


def test_an_agent_keeps_their_own_and_leads_keep_the_teams(session, make, lead):
    agent, other = make.agent(), make.agent()
    own = canned_replies.save_reply(None, title="Mine", body="x", actor=agent, shared=False)
    shared = canned_replies.save_reply(None, title="Ours", body="y", actor=lead, shared=True)
    session.commit()
    assert [reply.title for reply in canned_replies.list_replies(agent)] == ["Mine", "Ours"]
    assert canned_replies.find_reply(other, own.id) is None
    for attempt in (
        lambda: canned_replies.save_reply(None, title="No", body="z", actor=agent, shared=True),
        lambda: canned_replies.save_reply(shared, title="No", body="z", actor=agent, shared=False),
        lambda: canned_replies.save_reply(own, title="No", body="z", actor=other, shared=False),
        lambda: canned_replies.delete_reply(shared, actor=agent),
    ):
        with pytest.raises(PermissionDenied):
            attempt()


def test_two_who_change_one_reply_do_not_overwrite_each_other(session, lead):
    reply = canned_replies.save_reply(None, title="Ours", body="y", actor=lead, shared=True)
    session.commit()
    seen = reply.version
    canned_replies.save_reply(reply, title="Ours", body="first", actor=lead, shared=True, version=seen)
    session.commit()
    with pytest.raises(ConflictError):
        canned_replies.save_reply(reply, title="Ours", body="second", actor=lead, shared=True, version=seen)
