"""Tokens of the API are shown once, end when they should, and are made by admins."""

from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.integrations import api_tokens
from tests import time_travel


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


def test_a_token_is_shown_once_and_ends_when_it_should(session, make, admin):
    token, secret = api_tokens.issue_token(name="CI", scopes=["tickets:read"], user=admin, days=1)
    session.commit()
    assert secret not in (token.token_hash, token.shown) and secret.startswith(token.shown)
    assert api_tokens.find_token(secret) is token
    assert api_tokens.find_token(secret + "x") is None and api_tokens.find_token("") is None
    token.expires_at = clock.now() - timedelta(seconds=1)
    assert api_tokens.find_token(secret) is None
    token.expires_at = None
    api_tokens.revoke_token(token, actor=admin)
    assert api_tokens.find_token(secret) is None


def test_a_form_that_is_sent_twice_makes_one_token_and_shows_its_secret_again_soon(session, make, admin):
    asked = {"name": "CI", "scopes": ["tickets:read"], "form_token": "the same form"}
    token, secret = api_tokens.issue_token(user=admin, **asked)
    session.commit()
    assert api_tokens.issue_token(user=admin, **asked) == (token, secret)
    assert api_tokens.find_token(secret) is token and len(api_tokens.list_tokens(admin)) == 1
    other, others_secret = api_tokens.issue_token(user=make.agent(role="admin"), **asked)
    assert other is not token and others_secret != secret
    time_travel.advance(3600)
    with pytest.raises(ConflictError):
        api_tokens.issue_token(user=admin, **asked)


def test_a_token_that_was_revoked_is_not_shown_again(session, admin):
    asked = {"name": "CI", "scopes": ["tickets:read"], "user": admin, "form_token": "the same form"}
    token, _ = api_tokens.issue_token(**asked)
    api_tokens.revoke_token(token, actor=admin)
    with pytest.raises(ConflictError):
        api_tokens.issue_token(**asked)


def test_a_token_dies_with_its_person_and_only_admins_make_them(session, make, admin):
    _, secret = api_tokens.issue_token(name="CI", scopes=["tickets:read"], user=admin)
    admin.deactivated_at = clock.now()
    session.commit()
    assert api_tokens.find_token(secret) is None
    with pytest.raises(PermissionDenied):
        api_tokens.issue_token(name="CI", scopes=["tickets:read"], user=make.agent(role="lead"))
    with pytest.raises(ValidationError) as refused:
        api_tokens.issue_token(name="", scopes=["everything"], user=make.agent(role="admin"), days=4_000)
    assert set(refused.value.errors) == {"name", "scopes", "days"}
