"""Links by mail: used once however many try, in their own browser only, without disclosing who is known."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from helpdesk import clock, extensions, jobs
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.authentication import (
    invitations,
    login,
    magic_links,
    signed_links,
    typed_codes,
)
from helpdesk.models.delivery import Delivery
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import User
from tests.domain.authentication.link_requests import BROWSER, ask


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
    typed = f" {code[:4].lower()}-{code[4:]} ".replace("0", "o").replace("1", "l").replace("5", "٥").replace("7", "７")
    assert magic_links.redeem_code(BROWSER, typed).used_at
    with pytest.raises(magic_links.LinkExpired):
        magic_links.redeem_code(BROWSER, code)


def test_codes_may_be_typed_with_the_digits_and_wide_characters_of_other_keyboards():
    assert typed_codes.normalize_link_code("ＡＢ１２－ｃｄ٣۴") == "AB12CD34"
    assert typed_codes.to_ascii("٤٧٠ ४७०") == "470 470"


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


def test_a_request_from_another_browser_does_not_end_the_link_that_the_person_requested(globex, session):
    token = signed_links.link_token(ask())
    for number in range(10):
        ask(browser_token=f"{number}" * 43, ip_prefix=f"10.0.{number}.0/24")
    assert magic_links.redeem(token, BROWSER).used_at


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
