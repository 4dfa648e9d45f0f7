"""The second factor of the team: set up, asked for, required by a setting, proved again before what is sensitive."""

import re

import pyotp
import pytest

from helpdesk import cli, config
from helpdesk.domain.administration import settings as stored_settings
from helpdesk.domain.authentication import provider_claims, recovery_codes, second_factor, sessions
from helpdesk.models.second_factor import Authenticator, RecoveryCode
from helpdesk.models.session import Session
from helpdesk.web.middleware import second_factor as checks
from tests import time_travel
from tests.factories import signed_in_client
from tests.web import page_forms

PAGE, CODE_PAGE = "/account/second-factor", "/sign-in/second-factor"


@pytest.fixture
def maya(make):
    return make.agent("Maya", role="admin")


@pytest.fixture
def enter(app):
    """``enter(user)``: a client that has just signed in, as after a link."""
    return lambda user: signed_in_client(app, user)


def post(client, path, page="/account/second-factor", **values):
    """POST with the token of ``page``; a page of the second factor, which is open at every step."""
    token = page_forms.csrf_token(page_forms.parse(client.get(page, follow_redirects=True)))
    return client.post(path, data=values, headers={"X-CSRFToken": token})


def set_up(client) -> tuple[pyotp.TOTP, list[str]]:
    """Turn the second factor on in the browser: the app, and the recovery codes that the page shows."""
    page = page_forms.parse(post(client, PAGE))
    app = pyotp.TOTP(page.select_one("[data-secret]").text)
    assert page.img["src"].startswith("data:image/svg+xml")
    done = page_forms.parse(post(client, PAGE, code=now_code(app)))
    codes = [code.text for code in done.select("[data-recovery-codes] code")]
    assert len(codes) == recovery_codes.COUNT
    return app, codes


def now_code(app: pyotp.TOTP) -> str:
    from helpdesk import clock

    return app.at(clock.now())


def test_after_the_set_up_each_sign_in_asks_for_a_code(enter, maya, session):
    first, other = enter(maya), enter(maya)
    app, _ = set_up(first)
    assert first.get("/desk").status_code == 200, "the browser of the set-up has proved it"
    assert other.get("/desk").headers["Location"].startswith("/sign-in"), "the others are signed out"
    time_travel.advance(60)
    client = enter(maya)
    for path in ("/desk", "/settings/portal", "/account", "/tickets/1", "/files/x", "/desk/export.csv"):
        answer = client.get(path)
        assert answer.status_code == 303 and answer.headers["Location"].startswith(CODE_PAGE), path
    assert client.get("/desk/queue", headers={"HX-Request": "true"}).headers["HX-Redirect"].startswith(CODE_PAGE)
    assert client.get("/live", headers={"Accept": "text/event-stream"}).status_code == 401
    assert post(client, "/account", CODE_PAGE, name="Mallory").status_code == 303
    session.expire_all()
    assert session.merge(maya).name == "Maya"
    wrong = post(client, CODE_PAGE, CODE_PAGE, code="000000")
    assert wrong.status_code == 422 and "wrong or was used" in wrong.text
    right = post(client, CODE_PAGE, CODE_PAGE, code=now_code(app), next="/settings/portal")
    assert (right.status_code, right.headers["Location"]) == (303, "/settings/portal")
    assert client.get("/settings/portal").status_code == 200


def test_a_set_up_that_is_sent_twice_shows_recovery_codes_that_work(enter, maya, session):
    client = enter(maya)
    app = pyotp.TOTP(page_forms.parse(post(client, PAGE)).select_one("[data-secret]").text)
    code = now_code(app)
    post(client, PAGE, code=code)
    shown = page_forms.parse(post(client, PAGE, code=code)).select("[data-recovery-codes] code")
    assert len(shown) == recovery_codes.COUNT == recovery_codes.count_left(maya)
    assert second_factor.check_code(maya, shown[0].text)
    session.commit()
    assert post(client, PAGE, code=code).status_code == 303, "codes of which one was used are not replaced"
    assert recovery_codes.count_left(maya) == recovery_codes.COUNT - 1


def test_whoever_has_not_given_the_code_cannot_change_the_second_factor(enter, maya, session):
    set_up(enter(maya))
    thief = enter(maya)
    for path in (PAGE, f"{PAGE}/delete", f"{PAGE}/recovery-codes"):
        answer = post(thief, path, CODE_PAGE)
        assert answer.status_code == 303
    assert thief.get(PAGE).headers["Location"] == CODE_PAGE
    session.rollback()
    assert session.query(Authenticator).one().confirmed_at and session.query(RecoveryCode).count() == 10


def test_a_code_is_accepted_once_and_a_clock_may_be_one_step_off(enter, maya, app):
    totp, _ = set_up(enter(maya))
    time_travel.advance(90)
    code = now_code(totp)
    assert second_factor.check_code(maya, f" {code[:3]} {code[3:]} ") and not second_factor.check_code(maya, code)
    time_travel.advance(60)
    assert second_factor.check_code(maya, totp.at(int(__import__("time").time()) - 30))
    for wrong in ("", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "0" * 80):
        assert not second_factor.check_code(maya, wrong)


def test_after_five_wrong_codes_the_right_one_waits(enter, maya):
    totp, codes = set_up(enter(maya))
    time_travel.advance(90)
    for _ in range(second_factor.MAX_FAILURES):
        assert not second_factor.check_code(maya, "000000")
    assert not second_factor.check_code(maya, now_code(totp)) and not second_factor.check_code(maya, codes[0])
    time_travel.advance(second_factor.LOCK_TIME.total_seconds() + 1)
    assert second_factor.check_code(maya, now_code(totp))


def test_a_recovery_code_works_once_however_it_is_typed_and_new_ones_end_the_old(enter, maya, session):
    client = enter(maya)
    _, codes = set_up(client)
    other = enter(maya)
    assert post(other, CODE_PAGE, CODE_PAGE, code=f" {codes[0].lower().replace('-', ' ')} ").status_code == 303
    assert other.get("/desk").status_code == 200
    assert not second_factor.check_code(maya, codes[0])
    session.commit()
    assert "9 recovery codes are left" in client.get(PAGE).text
    renewed = page_forms.parse(post(client, f"{PAGE}/recovery-codes"))
    fresh = [code.text for code in renewed.select("[data-recovery-codes] code")]
    assert not second_factor.check_code(maya, codes[1]) and second_factor.check_code(maya, fresh[1])


def test_nothing_secret_is_stored_and_a_rotated_key_still_reads_it(enter, maya, session, app):
    totp, codes = set_up(enter(maya))
    stored = session.query(Authenticator).one().secret + " ".join(row.code_hash for row in session.query(RecoveryCode))
    assert totp.secret not in stored and not any(code.replace("-", "") in stored for code in codes)
    current = config.current()
    values = current.as_dict() | {"SECRET_KEY": "n" * 40, "SECRET_KEY_FALLBACKS": (current.SECRET_KEY,)}
    time_travel.advance(90)
    try:
        config.set_current(config.Config(values))
        assert second_factor.check_code(maya, now_code(totp)) and second_factor.check_code(maya, codes[0])
        config.set_current(config.Config(values | {"SECRET_KEY_FALLBACKS": ()}))
        assert not second_factor.check_code(maya, codes[1])
    finally:
        config.set_current(current)


@pytest.mark.parametrize(("whom", "asked"), [("nobody", set()), ("admins", {"admin"}), ("team", {"admin", "agent"})])
def test_the_setting_says_who_must_have_one(whom, asked, enter, make, session):
    stored_settings.set("second_factor_for", whom)
    session.commit()
    for role in ("admin", "agent", "requester"):
        user = make.user(make.organization()) if role == "requester" else make.agent(role=role)
        client = enter(user)
        answer = client.get("/account")
        assert (answer.status_code == 303) == (role in asked), role
        if role in asked:
            assert answer.headers["Location"].startswith(PAGE) and "requires it" in client.get(PAGE).text
            set_up(client)
            assert client.get("/account").status_code == 200


def test_several_factors_at_the_provider_count(enter, maya, google, browser, session):
    stored_settings.set("second_factor_for", "team")
    session.commit()
    claims = {"iss": google.url, "sub": "1", "email": "a@gmail.com", "email_verified": True}
    for methods, counts in ((["pwd", "mfa"], True), (["hwk"], True), (["pwd"], False), ("mfa", False), (None, False)):
        assert provider_claims.parse_claims("google", claims | {"amr": methods}).multi_factor is counts
    token = sessions.create_session(maya, "google", has_second_factor=True)
    session.commit()
    client = browser.client
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    assert client.get("/desk").status_code == 200


def test_customers_have_none(enter, make):
    client = enter(make.user(make.organization()))
    for path in (PAGE, CODE_PAGE):
        assert client.get(path).status_code == 404


def age_proofs(session):
    session.query(Session).update({"proved_at": sessions.clock.now() - second_factor.RECENT_PROOF})
    session.commit()


def test_what_is_sensitive_needs_a_recent_proof(enter, maya, make, session, app):
    other = make.agent("Omar")
    client = enter(maya)
    path, page = f"/settings/people/{other.id}/role", f"/settings/people/{other.id}"
    assert post(client, path, page, role="lead").status_code == 303
    age_proofs(session)
    refused = post(client, path, page, role="admin")
    assert refused.status_code == 303 and refused.headers["Location"].startswith("/sign-in/again")
    session.expire_all()
    assert session.merge(other).role == "lead"
    text = client.get("/sign-in/again").text
    assert "Sign in again" in text and maya.email in text and "/sign-in/google" in text
    assert post(client, PAGE).headers["Location"].startswith("/sign-in/again"), "adding an app is sensitive, too"
    client = enter(maya)
    totp, _ = set_up(client)
    assert post(client, path, page, role="agent").status_code == 303
    age_proofs(session)
    assert "Second factor" in client.get("/sign-in/again").text
    time_travel.advance(60)
    assert post(client, CODE_PAGE, CODE_PAGE, code=now_code(totp), next=page).headers["Location"] == page
    assert post(client, path, page, role="admin").headers["Location"] == page
    session.expire_all()
    assert session.merge(other).role == "admin"
    assert checks.SENSITIVE_ENDPOINTS <= set(app.view_functions)


def test_an_admin_or_the_command_line_switches_off_what_was_lost(enter, maya, make, session, capsys):
    omar = make.agent("Omar")
    for switch_off in (
        lambda: post(enter(maya), f"/settings/people/{omar.id}/second-factor/delete", "/desk"),
        lambda: cli.run_command(["agent", "reset-second-factor", omar.email]),
    ):
        client = enter(omar)
        set_up(client)
        switch_off()
        session.rollback()
        assert session.query(Authenticator).count() == session.query(RecoveryCode).count() == 0
        assert client.get("/desk").headers["Location"].startswith("/sign-in"), "and signed out"
        assert enter(omar).get("/desk").status_code == 200
    assert re.search("is off", capsys.readouterr().out)
    agent = enter(make.agent("Ann"))
    assert post(agent, f"/settings/people/{omar.id}/second-factor/delete", "/desk").status_code == 403
