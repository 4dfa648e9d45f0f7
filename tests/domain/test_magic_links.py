"""Links by mail: used once however many try, in their own browser only, without disclosing who is known."""

import threading
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import event, func, select

from helpdesk import clock, extensions, jobs
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.authentication import (
    invitations,
    known_browsers,
    login,
    magic_links,
    proof_of_work,
    rate_limits,
    sessions,
    signed_links,
)
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import User

BROWSER = "b" * 43


def ask(email="dana@globex.example", **more):
    return magic_links.request_link(email, **({"browser_token": BROWSER, "ip_prefix": "192.0.2.0/24"} | more))


@pytest.fixture
def globex(make):
    return make.organization("Globex", domain="globex.example")


@pytest.fixture
def later(monkeypatch):
    real = clock.now
    return lambda **much: monkeypatch.setattr(clock, "now", lambda: real() + timedelta(**much))


def test_the_account_is_made_when_the_link_is_used_not_when_asked(globex, session):
    link = ask(next_path="/tickets/7")
    session.commit()
    assert session.scalar(select(func.count()).select_from(User)) == 0
    used = magic_links.redeem(signed_links.link_token(link), BROWSER)
    entry = magic_links.complete_sign_in(used)
    session.commit()
    assert entry.user.email == "dana@globex.example" and entry.user.organization is globex
    assert entry.user.email_verified_at and used.next_path == "/tickets/7"


def test_of_sixteen_at_once_one_gets_in(app, globex, session):
    token = signed_links.link_token(ask())
    session.commit()
    session.remove()
    gate, got, failed = threading.Barrier(16), [], []

    def try_it():
        with app.app_context():
            gate.wait()
            try:
                magic_links.redeem(token, BROWSER)
                extensions.db.session.commit()
                got.append(1)
            except magic_links.LinkExpired:
                failed.append(1)
            finally:
                extensions.db.session.remove()

    threads = [threading.Thread(target=try_it) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (len(got), len(failed)) == (1, 15)


def test_another_browser_gets_nowhere_and_uses_nothing_up(globex, session):
    token = signed_links.link_token(ask())
    for foreign in ("", "c" * 43):
        with pytest.raises(magic_links.WrongBrowser):
            magic_links.redeem(token, foreign)
    assert magic_links.redeem(token, BROWSER).used_at


def test_ten_minutes(globex, session, later):
    token = signed_links.link_token(ask())
    later(minutes=10, seconds=1)
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem(token, BROWSER)


def test_a_newer_link_ends_the_older_and_signing_in_ends_all(globex, session):
    first, second = ask(), ask()
    session.commit()
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem(signed_links.link_token(first), BROWSER)
    third = magic_links.create_link("dana@globex.example", "sign_in", timedelta(minutes=10), replaces=False)
    magic_links.complete_sign_in(magic_links.redeem(signed_links.link_token(second), BROWSER))
    session.refresh(third)
    assert third.used_at is not None


def test_the_code_works_where_the_link_was_asked_for(globex, session):
    code = signed_links.link_code(ask())
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem_code("c" * 43, code)
    typed = f" {code[:4].lower()}-{code[4:]} ".replace("0", "o").replace("1", "l")
    assert magic_links.redeem_code(BROWSER, typed).used_at
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem_code(BROWSER, code)


def test_five_wrong_codes_and_the_right_one_is_dead(globex, session):
    code = signed_links.link_code(ask())
    wrong = "0" * 8 if code != "0" * 8 else "1" * 8
    for _ in range(5):
        with pytest.raises(magic_links.LinkExpired):
            magic_links.redeem_code(BROWSER, wrong)
        session.commit()
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem_code(BROWSER, code)


def test_nothing_of_the_secret_is_stored(globex, session):
    link = ask()
    session.commit()
    stored = " ".join(str(value) for value in vars(link).values())
    assert (
        signed_links.link_token(link) not in stored
        and signed_links.link_code(link) not in stored
        and BROWSER not in stored
    )


def test_known_unknown_and_refused_addresses_make_the_same_rows_with_the_same_statements(make, globex, session):
    make.user(globex, email="gone@globex.example", deactivated_at=clock.now())
    make.agent(email="maya@support.example")
    results = {}
    for email in ("dana@globex.example", "gone@globex.example", "maya@support.example", "who@nowhere.example"):
        session.rollback()
        chosen.invalidate_cache()
        statements = []
        listener = lambda *a: statements.append(a[2])  # noqa: E731
        event.listen(extensions.db.engine, "before_cursor_execute", listener)
        link = ask(email)
        session.commit()
        event.remove(extensions.db.engine, "before_cursor_execute", listener)
        delivery = session.scalar(select(Delivery).where(Delivery.subject_id == link.id))
        results[email] = (link.refused, str(delivery.state), statements)
    assert {email: value[:2] for email, value in results.items()} == {
        "dana@globex.example": (None, "pending"),
        "gone@globex.example": ("deactivated", "cancelled"),
        "maya@support.example": (None, "pending"),
        "who@nowhere.example": ("unknown", "cancelled"),
    }
    kinds = {tuple(statement.split(" WHERE ")[0] for statement in value[2]) for value in results.values()}
    assert len(kinds) == 1


def test_workers_are_woken_for_a_refused_address_too(globex, session):
    for address in ("who@nowhere.example", "dana@globex.example"):
        extensions.redis().flushall()
        ask(address)
        session.commit()
        assert [job.func_name for job in extensions.queue(jobs.WAKE_QUEUE).jobs] == ["workers.jobs.drain"], address


def test_a_refused_link_opens_nothing_even_for_who_holds_its_token_and_code(globex, session):
    link = ask("who@nowhere.example")
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem(signed_links.link_token(link), BROWSER)
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem_code(BROWSER, signed_links.link_code(link))


def test_a_rule_withdrawn_in_between_wins(globex, session):
    link = ask()
    globex.portal_enabled = False
    session.commit()
    with pytest.raises(login.NotAdmitted):
        magic_links.complete_sign_in(magic_links.redeem(signed_links.link_token(link), BROWSER))


def test_five_a_quarter_hour_for_one_address_then_silence(globex, session, later):
    asked = [ask() for _ in range(6)]
    session.commit()
    assert [link.refused for link in asked] == [None] * 5 + ["limited"]
    session.refresh(asked[4])
    assert asked[4].used_at is None, "a flood must not end the last good link"
    assert session.scalar(select(AuditEntry.subject)) == "dana@globex.example"
    later(minutes=16)
    assert ask().refused is None


def test_twenty_a_day_for_one_address(globex, session, monkeypatch):
    real = clock.now
    refused = []
    for number in range(21):
        monkeypatch.setattr(clock, "now", lambda number=number: real() + timedelta(minutes=20 * number))
        refused.append(ask(ip_prefix=str(number)).refused)
    assert refused == [None] * 20 + ["limited"]


def test_refused_and_limited_requests_count_for_nobody_else(globex, session, monkeypatch):
    for number in range(40):
        assert ask(f"nobody{number}@nowhere.example").refused == "unknown"
    for _ in range(60):
        ask("dana@globex.example")
    assert ask("erin@globex.example").refused is None
    few = {trust: rate_limits.Limits(5, 20, per_network=3, in_all=4) for trust in rate_limits.Trust}
    monkeypatch.setattr(rate_limits, "LIMITS", few)
    for number in range(40):
        ask(f"nobody{number}@nowhere.example", ip_prefix="198.51.100.0/24")
    assert ask("finn@globex.example", ip_prefix="198.51.100.0/24").refused == "limited", "six were mailed"


def test_a_known_browser_or_network_gets_through_whatever_others_request(make, globex, session):
    dana = make.user(globex, email="dana@globex.example")
    cookie = known_browsers.add_user("", dana)
    sessions.create_session(dana, "link", ip_prefix="203.0.113.0/24")
    for number in range(400):
        ask(f"p{number}@globex.example", ip_prefix=f"10.{number // 25}.0.0/24")
    for number in range(30):
        ask(ip_prefix=f"10.9.{number}.0/24", has_proof=number % 2 == 0)
    assert ask(ip_prefix="198.51.100.0/24").refused == "limited"
    assert ask(ip_prefix="198.51.100.0/24", known_browsers_cookie=cookie).refused is None
    assert ask(ip_prefix="203.0.113.0/24").refused is None


def test_a_proof_of_work_is_counted_apart_from_requests_without(globex, session):
    for number in range(31):
        ask(f"p{number}@globex.example")
    assert ask("dana@globex.example").refused == "limited"
    assert ask("dana@globex.example", has_proof=True).refused is None


def test_a_token_of_a_browser_is_for_one_person_and_survives_a_rotation(make, globex, session, app):
    dana, erin = make.user(globex), make.user(globex)
    cookie = known_browsers.add_user(known_browsers.add_user("", dana), erin)
    assert known_browsers.is_known(cookie, dana.id) and known_browsers.is_known(cookie, erin.id)
    assert not known_browsers.is_known(cookie, dana.id + 999) and not known_browsers.is_known(cookie, None)
    token = cookie.split("~")[0]
    other = f"{dana.id}.{token.split('.', 1)[1]}"
    for wrong in (other, cookie[:-1], "1.2.3", "..", "~" * 50, "x" * 5000, "é.ü.ß"):
        assert not known_browsers.is_known(wrong, dana.id)


def test_a_request_from_another_browser_does_not_end_the_link_that_the_person_requested(globex, session):
    token = signed_links.link_token(ask())
    for number in range(10):
        ask(browser_token=f"{number}" * 43, ip_prefix=f"10.0.{number}.0/24")
    assert magic_links.redeem(token, BROWSER).used_at


def test_a_limited_request_leaves_the_code_of_the_mail_before(globex, session):
    asked = [ask() for _ in range(7)]
    assert [link.refused for link in asked[4:]] == [None, "limited", "limited"]
    assert magic_links.redeem_code(BROWSER, signed_links.link_code(asked[4])).id == asked[4].id


def test_a_person_who_is_bombed_gets_one_mail_and_stops_it(make, globex, session, later):
    dana = make.user(globex, email="dana@globex.example")
    for number in range(40):
        ask(browser_token=f"{number:043}", ip_prefix=f"10.0.{number}.0/24", has_proof=number % 2 == 0)
        ask("nobody@nowhere.example", browser_token=f"{number:043}", ip_prefix=f"10.0.{number}.0/24")
    pauses = session.scalars(select(SignInLink).where(SignInLink.purpose == "pause")).all()
    assert sorted((link.email, link.refused) for link in pauses) == [
        ("dana@globex.example", None),
        ("nobody@nowhere.example", "unknown"),
    ]
    pause = next(link for link in pauses if link.refused is None)
    delivery = session.scalars(select(Delivery).where(Delivery.subject_id == pause.id)).one()
    assert (delivery.kind, delivery.state) == ("sign_in", "pending")
    assert magic_links.pause_requests(signed_links.link_token(pause)) == "dana@globex.example"
    assert magic_links.pause_requests(signed_links.link_token(pause)) == "dana@globex.example"
    later(minutes=20)
    assert ask(has_proof=True).refused == "limited" and ask().refused == "limited"
    cookie = known_browsers.add_user("", dana)
    assert ask(known_browsers_cookie=cookie).refused is None
    assert ask("erin@globex.example").refused is None
    later(hours=25)
    assert ask().refused is None
    with pytest.raises(magic_links.LinkExpired):
        magic_links.pause_requests(signed_links.link_token(pause))
    with pytest.raises(magic_links.LinkExpired):
        magic_links.pause_requests(signed_links.link_token(ask("gus@globex.example")))


def test_a_proof_of_work_is_for_one_address_and_two_hours(app, later):
    challenge = proof_of_work.new_challenge()
    answer = solve(challenge, "dana@globex.example")
    assert proof_of_work.is_proof(challenge, " dana@globex.example ", answer)
    assert not proof_of_work.is_proof(challenge, "erin@globex.example", answer)
    for wrong in ("", "none", "x" * 13, "é"):
        assert not proof_of_work.is_proof(challenge, "dana@globex.example", wrong)
    for wrong in ("", "1.2.3", challenge[:-1], f"{challenge}x", "9" * 400, "é.ü.ß"):
        assert not proof_of_work.is_proof(wrong, "dana@globex.example", solve(wrong, "dana@globex.example"))
    later(hours=2, seconds=5)
    assert not proof_of_work.is_proof(challenge, "dana@globex.example", answer)


def solve(challenge: str, email: str) -> str:
    return next(str(n) for n in count() if proof_of_work.has_zero_bits(challenge, email, str(n)))


def test_thirty_an_hour_from_one_network_and_three_hundred_in_all(globex, session):
    assert [ask(f"p{n}@globex.example").refused for n in range(31)].count("limited") == 1
    found = [ask(f"q{n}@globex.example", ip_prefix=f"10.{n // 25}.0.0/24").refused for n in range(300 - 30 + 1)]
    assert found == [None] * 270 + ["limited"]


def test_networks():
    assert rate_limits.network_prefix("203.0.113.9") == "203.0.113.0/24"
    assert rate_limits.network_prefix("::ffff:203.0.113.9") == "203.0.113.0/24"
    assert rate_limits.network_prefix("2001:db8:1:2ff::5") == "2001:db8:1:200::/56"
    assert rate_limits.network_prefix("not an address") == rate_limits.network_prefix(None) == ""


def test_the_first_admins_link_lives_half_an_hour_and_needs_neither_mail_nor_cookie(session, app, later):
    user, link = invitations.invite_agent("maya@support.example", "Maya", "admin")
    session.commit()
    assert session.scalar(select(func.count()).select_from(Delivery)) == 0
    assert link.expires_at - link.created_at <= timedelta(minutes=30, seconds=1)
    entry = magic_links.complete_sign_in(magic_links.redeem(signed_links.link_token(link), ""))
    assert entry.user is user and user.is_admin and user.email_verified_at
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem(signed_links.link_token(link), "")
    _, again = invitations.invite_agent("maya@support.example", role="admin")
    later(minutes=31)
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem(signed_links.link_token(again), "")


def test_a_mailed_invitation_lives_a_week(make, session):
    maya = make.agent("Maya", role="admin")
    user, link = invitations.invite_agent("priya@support.example", "Priya", "agent", actor=maya)
    session.commit()
    delivery = session.scalar(select(Delivery))
    assert delivery.kind == "invitation" and delivery.data == {"inviter": "Maya", "role": "agent"}
    assert timedelta(days=6, hours=23) < link.expires_at - clock.now() <= timedelta(days=7)
    assert user.role == "agent" and user.email_verified_at is None and session.query(SignInLink).count() == 1
