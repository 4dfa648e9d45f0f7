"""Roles, rights, Slack accounts and organizations of people."""

import pytest

from helpdesk.channels.slack import members
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import invitations, login, ways
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.people import addresses, preferences, users
from helpdesk.domain.privacy import erasure
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.organization import OrganizationAddress


def test_there_is_always_an_admin(make, session):
    maya = make.agent("Maya", role="admin")
    for change in (lambda: users.set_role(maya, "agent", actor=None), lambda: users.deactivate_user(maya, actor=None)):
        with pytest.raises(ConflictError, match="last admin"):
            change()
    tomas = make.agent("Tomas", role="admin")
    users.set_role(maya, "agent", actor=tomas)
    assert maya.role == "agent" and session.query(AuditEntry).one().action == "changed role"


def test_the_admin_for_emergencies_stays_one_with_another_address_and_is_not_erased(make, session):
    maya, tomas = make.agent("Maya", role="admin"), make.agent("Tomas", role="admin")
    settings.set("team_sign_in", "own")
    settings.set("emergency_admin", maya.email)
    addresses.change_person(maya, name="Maya", email="maya.lind@support.example", keep_alias=False, actor=tomas)
    assert ways.is_emergency_admin(maya) and settings.get("emergency_admin") == "maya.lind@support.example"
    for change in (
        lambda: users.deactivate_user(maya, actor=tomas),
        lambda: erasure.erase_person(maya, actor=tomas),
    ):
        with pytest.raises(ConflictError, match="admin for emergencies"):
            change()
    settings.set("team_sign_in", "any")
    settings.set("emergency_admin", "")
    erasure.erase_person(maya, actor=tomas)
    assert maya.erased_at


@pytest.mark.parametrize("words", ["özil", "ÖZIL", "Mesut Ozil", "mesut oezil", "山田", "M@Globex"])
def test_people_are_found_however_their_name_is_written(make, words):
    globex = make.organization("Globex")
    mesut = make.user(globex, "Mesut Özil 山田", email="m@globex.example")
    make.user(globex, "Ozzy", email="o@globex.example")
    assert users.search_customers(words) == [mesut]


def test_nobody_deactivates_themselves(make):
    make.agent(role="admin")
    maya = make.agent(role="admin")
    with pytest.raises(ConflictError):
        users.deactivate_user(maya, actor=maya)


def test_a_customer_is_never_quietly_made_one_of_the_team(make):
    dana = make.user(make.organization("Globex"))
    with pytest.raises(ConflictError, match="customer of Globex"):
        invitations.invite_agent(dana.email, role="admin")
    with pytest.raises(ConflictError):
        users.set_role(dana, "admin", actor=None)
    assert dana.role == "requester"


def test_what_one_sees_is_kept_for_each_organization(make, session):
    globex = make.organization("Globex", domain="globex.example")
    initech = make.organization("Initech", domain="initech.example")
    session.add(OrganizationAddress(organization_id=initech.id, email="dana@globex.example"))
    dana = make.user(globex, email="dana@globex.example")
    users.set_ticket_visibility(dana, globex, "own", actor=None)
    users.choose_organization(dana, initech.id)
    assert (dana.organization, dana.ticket_visibility) == (initech, "organization")
    users.choose_organization(dana, globex.id)
    assert dana.ticket_visibility == "own", "switching back must not widen what one sees"


def test_one_switches_only_to_where_one_is_let_in(make):
    dana, other = make.user(make.organization()), make.organization()
    with pytest.raises(PermissionDenied):
        users.choose_organization(dana, other.id)


def test_new_people_see_what_their_organization_says(make):
    make.organization("Globex", domain="globex.example", default_ticket_visibility="own")
    assert login.by_email("dana@globex.example").user.ticket_visibility == "own"


def test_somebody_whose_organization_no_longer_lets_them_in_goes_to_the_one_that_does(make, session):
    globex = make.organization("Globex", domain="globex.example")
    initech = make.organization("Initech", domain="initech.example")
    dana = make.user(globex, email="dana@globex.example")
    session.add(OrganizationAddress(organization_id=initech.id, email=dana.email))
    globex.portal_enabled = False
    session.commit()
    assert login.by_email(dana.email).user.organization is initech


def test_a_slack_account_is_one_persons(make, session):
    maya, tomas = make.agent("Maya"), make.agent("Tomas")
    members.link_member(maya, " u0maya00001 ", actor=tomas)
    assert maya.slack_user_id == "U0MAYA00001"
    with pytest.raises(ConflictError, match="is Maya already"):
        members.link_member(tomas, "U0MAYA00001", actor=tomas)
    with pytest.raises(ValidationError):
        members.link_member(tomas, "maya", actor=tomas)
    members.link_member(maya, "", actor=tomas)
    members.link_member(tomas, "U0MAYA00001", actor=tomas)
    assert [entry.action for entry in session.query(AuditEntry)] == ["linked to Slack"] * 3


def test_preferences_are_checked(make):
    dana = make.user(make.organization())
    with pytest.raises(ValidationError) as wrong:
        preferences.save_preferences(
            dana, name=" \u200b", time_zone="Mars/Olympus", mail_replies=True, mail_updates=True
        )
    assert set(wrong.value.errors) == {"name", "time_zone"}
    preferences.save_preferences(
        dana, name="Dana\nKim", time_zone="Europe/Berlin", mail_replies=False, mail_updates=True
    )
    assert (dana.name, dana.time_zone, dana.mail_replies) == ("Dana Kim", "Europe/Berlin", False)
