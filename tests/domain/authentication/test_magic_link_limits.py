"""How many links one address, browser and network may request, and how others get through."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain.authentication import (
    known_browsers,
    magic_links,
    proof_of_work,
    rate_limits,
    sessions,
    signed_links,
)
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery
from helpdesk.models.sign_in_link import SignInLink
from tests.domain.authentication.link_requests import BROWSER, ask


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
