"""By which rule an address is admitted: the table of rules, and that the three places which ask them agree."""

from itertools import product

import pytest

from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.authentication import login, sessions
from helpdesk.domain.people import admission
from helpdesk.models.organization import OrganizationAddress


def listed(session, organization, *emails):
    for email in emails:
        session.add(OrganizationAddress(organization_id=organization.id, email=email))
    session.commit()


def names(email):
    return [organization.name for organization in admission.admitting_organizations(email)]


def test_a_domain_is_compared_exactly(make):
    make.organization("Globex", domain="globex.example")
    assert names("dana@globex.example") == ["Globex"]
    for foreign in (
        "dana@sub.globex.example",
        "dana@notglobex.example",
        "dana@globex.example.evil.test",
        "dana@globex.exampl",
    ):
        assert names(foreign) == [], foreign


def test_listed_addresses_of_any_domain_are_let_in(make, session):
    globex = make.organization("Globex", domain="globex.example")
    listed(session, globex, "dana@gmail.com")
    assert names("dana@gmail.com") == ["Globex"] and names("other@gmail.com") == []


def test_where_only_listed_people_are_let_in_the_domain_is_not_enough(make, session):
    globex = make.organization("Globex", domain="globex.example", allowlist_only=True)
    listed(session, globex, "dana@globex.example")
    assert names("dana@globex.example") == ["Globex"] and names("leo@globex.example") == []


def test_a_portal_switched_off_lets_nobody_in(make, session):
    globex = make.organization("Globex", domain="globex.example", portal_enabled=False)
    listed(session, globex, "dana@gmail.com")
    assert names("dana@globex.example") == [] == names("dana@gmail.com")


def test_somebody_may_belong_to_two(make, session):
    make.organization("Globex", domain="globex.example")
    listed(session, make.organization("Initech", domain="initech.example"), "dana@globex.example")
    assert names("dana@globex.example") == ["Globex", "Initech"]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_the_rule_asked_at_every_request_is_the_rule_asked_at_sign_in(make, session):
    cases = list(product((True, False), repeat=5))
    for number, (by_domain, is_listed, only_listed, open_to_them, is_active) in enumerate(cases):
        organization = make.organization(f"Case {number}", allowlist_only=only_listed, portal_enabled=open_to_them)
        domain = organization.domains[0].domain if by_domain else "elsewhere.example"
        user = make.user(organization, email=f"someone.{number}@{domain}")
        if is_listed:
            listed(session, organization, user.email)
        if not is_active:
            user.deactivated_at = user.created_at
        token = sessions.create_session(user, "link")
        session.commit()
        expected = is_active and organization in admission.admitting_organizations(user.email)
        assert (sessions.load_session(token) is not None) == expected, cases[number]
        assert admission.explain_admission(user.email).admitted == expected, cases[number]


def test_a_session_of_an_address_whose_domain_only_ends_alike_is_not_let_in(make, session):
    globex = make.organization("Globex", domain="globex.example")
    for domain, is_let_in in (("globex.example", True), ("notglobex.example", False), ("sub.globex.example", False)):
        token = sessions.create_session(make.user(globex, email=f"dana@{domain}"), "link")
        session.commit()
        assert (sessions.load_session(token) is not None) == is_let_in, domain


def test_the_explanation_names_the_rule(make, session):
    make.organization("Globex", domain="globex.example", allowlist_only=True)
    listed(session, make.organization("Initech", domain="initech.example", portal_enabled=False), "dana@globex.example")
    explained = admission.explain_admission(" Dana@Globex.example ")
    assert not explained.admitted and explained.email == "dana@globex.example"
    assert explained.reasons == (
        "Initech lists the address dana@globex.example, but its portal is switched off.",
        "globex.example is a domain of Globex, which lets in only listed addresses, and this one is not listed.",
    )
    assert "public mail domain" in admission.explain_admission("x@gmail.com").reasons[0]
    assert "another domain" in admission.explain_admission("x@mail.globex.example").reasons[0]
    maya = make.agent("Maya", role="admin")
    assert (
        admission.explain_admission(maya.email).admitted
        and "of the team (admin)" in admission.explain_admission(maya.email).reasons[0]
    )


def test_an_edition_without_a_portal_keeps_customers_out_and_lets_the_team_in(make, session):
    globex = make.organization("Globex", domain="globex.example")
    dana, maya = make.user(globex), make.agent()
    chosen.set("portal_plan", "starter")
    with pytest.raises(login.NotAdmitted):
        login.by_email(dana.email)
    assert login.by_email(maya.email).user is maya
    assert not admission.explain_admission(dana.email).admitted
