"""Drafts on the server: only their writer's, never overwritten from elsewhere, emptied by sending."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from helpdesk import clock
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import drafts
from helpdesk.domain.privacy import erasure, row_retention
from helpdesk.extensions import db
from helpdesk.models.draft import Draft
from helpdesk.models.user import User
from tests.domain.meetings import meet

ONE, TWO, THREE = "revision1", "revision2", "revision3"
WORDS = json.dumps({"body": "Half a thought", "compose=note": False})
MORE = json.dumps({"body": "Half a thought and more"})


def content(user, name="message-7"):
    draft = drafts.find_draft(user, name)
    return draft and (draft.revision, draft.content)


def test_each_person_has_their_own(session, make):
    maya, theo = make.agent(), make.agent()
    drafts.save_draft(maya, "message-7", WORDS, revision=ONE)
    drafts.save_draft(theo, "message-7", MORE, revision=TWO)
    session.commit()
    assert content(maya) == (ONE, WORDS) and content(theo) == (TWO, MORE)


def test_two_places_that_continue_the_same_draft_do_not_overwrite_each_other(session, make):
    maya = make.agent()
    drafts.save_draft(maya, "message-7", WORDS, revision=ONE)
    drafts.save_draft(maya, "message-7", MORE, revision=TWO, continues=ONE)
    for continues in ("", ONE):
        with pytest.raises(ConflictError):
            drafts.save_draft(maya, "message-7", "{}", revision=THREE, continues=continues)
    assert content(maya) == (TWO, MORE)


def test_a_browser_without_an_answer_replaces_its_own_saving_whether_it_arrived_or_not(session, make):
    maya = make.agent()
    drafts.save_draft(maya, "message-7", WORDS, revision=ONE)  # its answer is lost
    drafts.save_draft(maya, "message-7", MORE, revision=TWO, continues="", unanswered=[ONE])
    assert content(maya) == (TWO, MORE)
    with pytest.raises(ConflictError):  # the first comes again, late
        drafts.save_draft(maya, "message-7", WORDS, revision=ONE)
    drafts.save_draft(maya, "message-8", MORE, revision=TWO, continues="", unanswered=[ONE])
    assert content(maya, "message-8") == (TWO, MORE)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_no_database_stores_is_refused_or_names_no_saving(session, make):
    maya = make.agent()
    drafts.save_draft(maya, "message-7", WORDS, revision=ONE)
    with pytest.raises(ValidationError):
        drafts.save_draft(maya, "message-7", '{"body": "\ud83d"}', revision=TWO, continues=ONE)
    for odd in ("a\x00b", "\ud83d"):
        with pytest.raises(ConflictError):
            drafts.save_draft(maya, "message-7", MORE, revision=TWO, continues=odd)
        drafts.save_draft(maya, "message-7", WORDS, revision=ONE, continues=ONE, unanswered=[odd])
    assert content(maya) == (ONE, WORDS)


def test_the_same_saving_twice_is_one(session, make):
    maya = make.agent()
    for _ in range(2):
        drafts.save_draft(maya, "message-7", WORDS, revision=ONE)
    assert content(maya) == (ONE, WORDS)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sending_empties_what_was_sent_and_nothing_else(session, make):
    maya = make.agent()
    drafts.save_draft(maya, "message-7", WORDS, revision=ONE)
    drafts.save_draft(maya, "message-8", WORDS, revision=ONE)
    drafts.empty_sent_draft(maya, "message-7", TWO)  # saved elsewhere since this one was sent
    assert content(maya) == (ONE, WORDS)
    drafts.empty_sent_draft(maya, "message-7", ONE)
    revision, left = content(maya)
    assert left == "" and revision != ONE and content(maya, "message-8") == (ONE, WORDS)
    with pytest.raises(ConflictError):  # a tab that did not hear of it cannot bring it back
        drafts.save_draft(maya, "message-7", MORE, revision=TWO, continues=ONE)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_note_is_not_given_to_somebody_who_left_the_team(session, make):
    maya = make.agent()
    drafts.save_draft(maya, "message-7", WORDS, revision=ONE, is_note=True)
    maya.role, maya.organization_id = "requester", make.organization().id
    session.commit()
    assert drafts.find_draft(maya, "message-7") is None
    drafts.save_draft(maya, "message-7", MORE, revision=TWO)
    assert content(maya) == (TWO, MORE)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_limits(session, make, monkeypatch):
    maya = make.agent()
    for name, text, revision in (
        ("message-7", json.dumps({"body": "x" * drafts.MAX_LENGTH}), ONE),
        ("message-7", "[1]", ONE),
        ("message-7", '{"a":' * 5000, ONE),
        ("Message 7", WORDS, ONE),
        ("message-7", WORDS, "no"),
    ):
        with pytest.raises(ValidationError):
            drafts.save_draft(maya, name, text, revision=revision)
    monkeypatch.setattr(drafts, "MAX_DRAFTS", 1)
    drafts.save_draft(maya, "message-7", WORDS, revision=ONE)
    with pytest.raises(ValidationError):
        drafts.save_draft(maya, "message-8", WORDS, revision=ONE)
    drafts.save_draft(maya, "message-7", MORE, revision=TWO, continues=ONE)
    drafts.save_draft(maya, "message-7", "", revision=THREE, continues=TWO)
    drafts.save_draft(maya, "message-8", WORDS, revision=ONE)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_they_go_with_their_ticket_their_writer_and_their_time(session, make):
    maya, theo, admin = make.agent(), make.agent(), make.agent(role="admin")
    ticket = make.ticket(make.user(make.organization()))
    drafts.save_draft(maya, f"message-{ticket.id}", WORDS, revision=ONE, ticket=ticket)
    drafts.save_draft(maya, "person", WORDS, revision=ONE)
    drafts.save_draft(theo, "person", WORDS, revision=ONE)
    session.commit()
    erasure.erase_tickets([ticket.id])
    erasure.erase_person(maya, actor=admin)
    session.commit()
    assert list(session.scalars(select(Draft.user_id))) == [theo.id]
    old = clock.now() - timedelta(days=settings.get("draft_retention_days") + 1)
    session.execute(update(Draft).values(updated_at=old))
    assert row_retention.purge_next_batch() == 1
    assert list(session.scalars(select(Draft.id))) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_form_that_is_being_sent_is_waited_for(session, make):
    user_id, token, results = make.agent().id, "t" * 64, []
    session.commit()

    def send():
        results.append(drafts.mark_sent(db.session.get(User, user_id), token))

    assert meet(session, send, send) == []
    assert results == [True, False]


def test_a_form_that_was_refused_may_be_sent_again(session, make):
    user = make.agent()
    session.commit()
    assert drafts.mark_sent(user, "t" * 64)
    session.rollback()
    assert drafts.mark_sent(user, "t" * 64) and not drafts.mark_sent(user, "t" * 64)
    assert drafts.mark_sent(make.agent(), "t" * 64)
