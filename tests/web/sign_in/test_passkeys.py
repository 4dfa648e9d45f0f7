"""Passkeys as the second factor: adding several, signing in with one, removing them, and everything that is refused."""

import json
import random

import pytest

from helpdesk import config
from helpdesk.domain.authentication import passkey_challenges, passkeys, provider_claims, recovery_codes, second_factor
from helpdesk.domain.privacy import row_retention
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.second_factor import Authenticator, Passkey, PasskeyChallenge, RecoveryCode
from tests import time_travel
from tests.factories import signed_in_client
from tests.web import page_forms
from tests.web.sign_in.security_key import SecurityKey

PAGE, CODE_PAGE = "/account/second-factor", "/sign-in/second-factor"


@pytest.fixture
def maya(make):
    return make.agent("Maya", role="admin")


@pytest.fixture
def enter(app):
    """``enter(user)``: a client that has just signed in, as after a link."""
    return lambda user: signed_in_client(app, user)


def post(client, path, page=PAGE, **values):
    token = page_forms.csrf_token(page_forms.parse(client.get(page, follow_redirects=True)))
    return client.post(path, data=values, headers={"X-CSRFToken": token})


def add(client, key, name="Telephone"):
    """Add ``key`` in the browser; the answer."""
    options = post(client, f"{PAGE}/passkeys/options").json
    return post(client, f"{PAGE}/passkeys", challenge=options["challenge"], answer=key.make(options), name=name)


def use(client, key, **values):
    """Sign in with ``key`` in the browser; the answer."""
    options = post(client, f"{CODE_PAGE}/passkey/options", CODE_PAGE).json
    answer = values.pop("answer", None) or key.sign(options)
    return post(client, f"{CODE_PAGE}/passkey", CODE_PAGE, challenge=options["challenge"], answer=answer, **values)


def shown_codes(answer) -> list[str]:
    return [code.text for code in page_forms.parse(answer).select("[data-recovery-codes] code")]


def test_a_passkey_is_added_asked_for_and_removed(enter, maya, session):
    first, other, key = enter(maya), enter(maya), SecurityKey()
    assert len(shown_codes(add(first, key))) == recovery_codes.COUNT
    assert first.get("/desk").status_code == 200
    assert other.get("/desk").headers["Location"].startswith("/sign-in"), "the other browsers are signed out"
    client = enter(maya)
    assert client.get("/desk").headers["Location"].startswith(CODE_PAGE)
    assert "Use a passkey" in client.get(CODE_PAGE).text
    done = use(client, key, next="/settings/portal")
    assert (done.status_code, done.headers["Location"]) == (303, "/settings/portal")
    assert client.get("/settings/portal").status_code == 200
    session.expire_all()
    passkey = session.query(Passkey).one()
    assert passkey.sign_count == 1 and passkey.last_used_at is not None
    assert post(client, f"{PAGE}/passkeys/{passkey.id}/delete").status_code == 303
    assert enter(maya).get("/desk").status_code == 200, "the last factor is gone, so all of it is off"
    assert session.query(RecoveryCode).count() == session.query(Authenticator).count() == 0


def test_there_may_be_several_with_names_and_the_same_one_only_once(enter, maya, session):
    client, keys = enter(maya), [SecurityKey() for _ in range(3)]
    for key, name in zip(keys, ("Telephone", " Key   in the drawer ", ""), strict=True):
        add(client, key, name)
    names = [passkey.name for passkey in passkeys.list_passkeys(maya)]
    assert names[:2] == ["Telephone", "Key in the drawer"] and names[2]
    again = add(client, keys[0])
    assert again.status_code == 422 and "registered already" in again.text
    options = post(client, f"{PAGE}/passkeys/options").json
    assert len(options["excludeCredentials"]) == 3 and options["rp"]["id"] == "localhost"
    session.commit()
    first = passkeys.list_passkeys(maya)[0].id
    assert post(client, f"{PAGE}/passkeys/{first}/delete").status_code == 303
    assert use(enter(maya), keys[0]).status_code == 422, "a removed one"
    assert use(enter(maya), keys[1]).status_code == 303
    assert post(client, f"{PAGE}/passkeys/{first}/delete").status_code == 404


def test_recovery_codes_replace_it_and_wrong_ones_are_counted(enter, maya):
    codes = shown_codes(add(enter(maya), SecurityKey()))
    client = enter(maya)
    assert "Recovery code" in client.get(CODE_PAGE).text
    assert post(client, CODE_PAGE, CODE_PAGE, code=codes[0]).status_code == 303
    assert client.get("/desk").status_code == 200
    for _ in range(second_factor.MAX_FAILURES):
        assert not second_factor.check_code(maya, "AAAAA-AAAAA")
    assert not second_factor.check_code(maya, codes[1])
    time_travel.advance(second_factor.LOCK_TIME.total_seconds() + 1)
    assert second_factor.check_code(maya, codes[1])


def test_app_and_passkey_stand_beside_each_other(enter, maya, session):
    from helpdesk import clock
    from tests.web.sign_in.test_second_factor import set_up

    client, key = enter(maya), SecurityKey()
    app, codes = set_up(client)
    assert shown_codes(add(client, key)) == [], "the recovery codes stay"
    page = enter(maya).get(CODE_PAGE, follow_redirects=True).text
    assert "six digits" in page and "Use a passkey" in page
    assert post(client, f"{PAGE}/app/delete").status_code == 303
    time_travel.advance(90)
    assert not second_factor.check_code(maya, app.at(clock.now())) and second_factor.check_code(maya, codes[0])
    session.commit()
    assert use(enter(maya), key).status_code == 303


def wrong_answers(key, options) -> dict[str, str]:
    """Answers that a right one is not, by name."""
    right = json.loads(key.sign(options))
    other = SecurityKey()
    other.id = key.id
    elsewhere = SecurityKey("https://evil.example", "evil.example")
    elsewhere.id, elsewhere.private = key.id, key.private
    return {
        "another key": SecurityKey().sign(options),
        "another private key": other.sign(options),
        "another site": elsewhere.sign(options),
        "another challenge": key.sign({"challenge": "A" * 43}),
        "not touched": key.sign(options, flags=0),
        "for registering": key.sign(options, type="webauthn.create"),
        "an empty object": "{}",
        "no JSON": "hello",
        "a list": "[]",
        "deep": "[" * 9000,
        "too long": json.dumps(right | {"more": "x" * passkeys.MAX_ANSWER_LENGTH}),
        "no signature": json.dumps(right | {"response": right["response"] | {"signature": ""}}),
        "an id that is no text": json.dumps(right | {"id": 7}),
    }


def test_what_is_not_signed_by_the_key_for_this_page_is_refused_and_audited(enter, maya, session):
    client, key = enter(maya), SecurityKey()
    add(client, key)
    thief = enter(maya)
    names = wrong_answers(key, {"challenge": "A" * 43})
    for name in names:
        options = post(thief, f"{CODE_PAGE}/passkey/options", CODE_PAGE).json
        answer = wrong_answers(key, options)[name]
        refused = post(thief, f"{CODE_PAGE}/passkey", CODE_PAGE, challenge=options["challenge"], answer=answer)
        assert refused.status_code == 422 and "not accepted" in refused.text, name
        assert thief.get("/desk").status_code == 303, name
    session.expire_all()
    entries = session.query(AuditEntry).filter(AuditEntry.action.contains("wrong")).all()
    assert len(entries) == len(names)


def test_a_challenge_is_of_one_session_once_for_five_minutes(enter, maya, make, session):
    key = SecurityKey()
    add(enter(maya), key)
    one, two = enter(maya), enter(maya)
    options = post(one, f"{CODE_PAGE}/passkey/options", CODE_PAGE).json
    values = {"challenge": options["challenge"], "answer": key.sign(options)}
    stolen = post(two, f"{CODE_PAGE}/passkey", CODE_PAGE, **values)
    assert stolen.status_code == 422 and "sent already" in stolen.text
    assert post(one, f"{CODE_PAGE}/passkey", CODE_PAGE, **values).status_code == 303
    assert post(one, f"{CODE_PAGE}/passkey", CODE_PAGE, **values).status_code == 422
    late = post(two, f"{CODE_PAGE}/passkey/options", CODE_PAGE).json
    time_travel.advance(passkey_challenges.LIFETIME.total_seconds() + 1)
    values = {"challenge": late["challenge"], "answer": key.sign(late)}
    assert post(two, f"{CODE_PAGE}/passkey", CODE_PAGE, **values).status_code == 422
    assert row_retention.purge_next_batch() >= 1
    session.commit()
    assert session.query(PasskeyChallenge).count() == 0


def test_a_copied_key_is_noticed_by_its_counter(enter, maya):
    key = SecurityKey()
    add(enter(maya), key)
    assert use(enter(maya), key).status_code == 303
    key.count = 0
    assert use(enter(maya), key).status_code == 422


def test_anothers_passkey_opens_nothing_and_the_first_factor_alone_adds_none(enter, maya, make, session):
    omar, key, other = make.agent("Omar"), SecurityKey(), SecurityKey()
    add(enter(maya), key)
    add(enter(omar), other)
    thief = enter(maya)
    assert use(thief, other).status_code == 422
    options = post(thief, f"{CODE_PAGE}/passkey/options", CODE_PAGE).json
    added = post(thief, f"{PAGE}/passkeys", CODE_PAGE, challenge=options["challenge"], answer=other.make(options))
    assert added.status_code == 303 and added.headers["Location"] == CODE_PAGE
    assert post(thief, f"{PAGE}/passkeys/options", CODE_PAGE).status_code == 303
    session.rollback()
    assert session.query(Passkey).count() == 2


def test_adding_one_needs_a_recent_proof(enter, maya, session):
    from tests.web.sign_in.test_second_factor import age_proofs

    client = enter(maya)
    age_proofs(session)
    answer = post(client, f"{PAGE}/passkeys/options")
    assert answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in/again")


def test_no_answer_of_a_browser_is_an_error_of_ours(enter, maya, session):
    """Answers with bytes changed at random: each is refused, none raises."""
    client, key, chance = enter(maya), SecurityKey(), random.Random(7)
    add(client, key)
    number = client.get("/account") and maya.id
    from helpdesk.domain.errors import ValidationError
    from helpdesk.models.session import Session

    session_id = session.query(Session.id).filter_by(user_id=number).order_by(Session.id.desc()).first()[0]
    for attempt in range(120):
        register = attempt % 2
        begin = passkeys.begin_registration if register else passkeys.begin_authentication
        options = json.loads(begin(maya, session_id))
        right = json.loads(SecurityKey().make(options) if register else key.sign(options))
        part = chance.choice(sorted(right["response"]))
        text = list(right["response"][part])
        for _ in range(chance.randint(1, 3)):
            text[chance.randrange(len(text))] = chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789-_")
        right["response"][part] = "".join(text)[: chance.choice((None, None, 40, 5, 0))]
        values = {"answer": json.dumps(right), "challenge": options["challenge"]}
        try:
            if register:
                passkeys.finish_registration(maya, session_id, name="x", **values)
            else:
                passkeys.check_passkey(maya, session_id, **values)
        except ValidationError:
            pass
        session.rollback()


@pytest.mark.parametrize(
    ("address", "possible"),
    [
        ("https://help.example", True),
        ("https://192.0.2.7", False),
        ("http://localhost:5000", True),
        ("http://127.0.0.1:5000", False),
        ("https://[2001:db8::1]", False),
    ],
)
def test_passkeys_are_offered_where_browsers_have_them(address, possible, app):
    current = config.current()
    try:
        config.set_current(config.Config({"SECRET_KEY": "x" * 40, "PORTAL_BASE_URL": address}))
        assert passkeys.are_possible() is possible
    finally:
        config.set_current(current)


def test_a_provider_says_by_its_context_that_it_asked_for_several_factors(app):
    claims = {"iss": "https://accounts.google.com", "sub": "1", "email": "a@gmail.com", "email_verified": True}
    for context, counts in (
        ("http://schemas.microsoft.com/claims/multipleauthn", True),
        ("phr", True),
        ("phrh", True),
        ("1", False),
        ("urn:mace:incommon:iap:silver", False),
        (["phr"], False),
        (None, False),
    ):
        assert provider_claims.parse_claims("google", claims | {"acr": context}).multi_factor is counts, context
