"""Microsoft on real sockets: which directory and which address of it is believed."""

import pytest

from helpdesk.domain.authentication import provider_claims
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Identity, User
from tests.web.sign_in.sign_in_steps import DANA, follow_the_mailed_link, needs_a_link, signed_in

TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
OTHER_TENANT = "0b0b0b0b-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def globex(make):
    return make.organization("Globex", domain="globex.example")


def test_microsoft_with_a_verified_domain_signs_in_by_tenant_and_object(browser, microsoft, session):
    microsoft.account(DANA, tid=TENANT, xms_edov=True)
    assert signed_in(browser.through(microsoft, DANA, "microsoft"))
    identity = session.query(Identity).one()
    assert TENANT in identity.issuer and DANA not in identity.subject


@pytest.mark.parametrize("edov", [None, False, 0, "0", "false"])
def test_noauth_an_address_microsoft_does_not_vouch_for_is_worth_one_mail_to_it(
    browser, microsoft, session, make, globex, edov
):
    """nOAuth (and Zammad CVE-2026-84458): the attacker's directory claims the victim's address."""
    victim = make.user(globex, "Dana", email=DANA)
    microsoft.account(DANA, tid=TENANT, xms_edov=edov)
    assert needs_a_link(browser.through(microsoft, DANA, "microsoft"))
    assert browser.who() is None and session.query(Identity).count() == 0
    assert session.query(SignInLink).one().email == victim.email


def test_a_private_microsoft_account_with_a_company_address_proves_nothing(browser, microsoft, session):
    microsoft.account(DANA, tid=provider_claims.PERSONAL_ACCOUNTS_TENANT_ID, xms_edov=True)
    assert needs_a_link(browser.through(microsoft, DANA, "microsoft"))


def test_the_issuer_must_be_the_tokens_own_tenant(browser, microsoft, session):
    microsoft.account(DANA, tid=TENANT, xms_edov=True)
    microsoft.next_token(claims={"tid": OTHER_TENANT})
    assert browser.through(microsoft, DANA, "microsoft").status_code == 400 and browser.who() is None


def test_a_pinned_directory_is_the_only_one(browser, microsoft, session, globex):
    globex.microsoft_tenant = TENANT
    session.commit()
    microsoft.account(DANA, tid=OTHER_TENANT, xms_edov=True)
    assert browser.through(microsoft, DANA, "microsoft").status_code == 403
    assert session.query(User).count() == session.query(Identity).count() == 0
    microsoft.account(DANA, tid=TENANT, xms_edov=True)
    assert signed_in(browser.through(microsoft, DANA, "microsoft"))


def test_an_account_known_before_the_pin_no_longer_signs_in_from_elsewhere(browser, microsoft, session, globex):
    microsoft.account(DANA, tid=OTHER_TENANT, xms_edov=True)
    assert signed_in(browser.through(microsoft, DANA, "microsoft"))
    browser.post("/sign-out", page="/account")
    globex.microsoft_tenant = TENANT
    session.commit()
    assert browser.through(microsoft, DANA, "microsoft").status_code == 403 and browser.who() is None


def test_the_team_is_not_persuaded_into_connecting_an_unproven_account(browser, microsoft, session, make):
    make.agent("Maya", role="admin", email="maya@support.example")
    microsoft.account("maya@support.example", tid=TENANT, xms_edov=None)
    assert needs_a_link(browser.through(microsoft, "maya@support.example", "microsoft"))
    follow_the_mailed_link(browser, session)
    assert session.query(Identity).count() == 0
