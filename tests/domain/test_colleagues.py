"""Admins of an organization: what they may do about its people, and that it ends at their own organization."""

import threading

import pytest
from sqlalchemy import select

from helpdesk.domain.authentication import login, sessions
from helpdesk.domain.colleagues import management, roster
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.people import admission, customers, memberships, permissions, users
from helpdesk.extensions import db
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.user import Membership, User


@pytest.fixture
def globex(make):
    return make.organization("Globex", domain="globex.example")


def admin_of(make, organization, name="Ada"):
    user = make.user(organization, name=name)
    user.session = None
    memberships.set_admin(user, organization, True, actor=make.agent(role="admin"))
    return user


def emails(actor, **values) -> list[str]:
    return [each.user.email for each in roster.list_colleagues(actor, **values)]


def invite(email, actor, sees="organization"):
    management.invite(email, ticket_visibility=sees, actor=actor)
    return users.find_user(email)


def test_invited_people_are_admitted_mailed_and_audited(make, session, globex):
    ada = admin_of(make, globex)
    globex.allowlist_only = True
    session.commit()
    eve = invite("eve@globex.example", ada, sees="own")
    session.commit()
    assert globex in admission.admitting_organizations("eve@globex.example")
    assert not admission.admitting_organizations("mallory@globex.example")
    mail = session.scalars(select(Delivery).where(Delivery.kind == DeliveryKind.invitation)).one()
    assert mail.data["inviter"] == ada.email and mail.data["organization"] == "Globex"
    [found] = [each for each in roster.list_colleagues(ada) if each.user.id == eve.id]
    assert found.is_waiting and found.ticket_visibility == "own" and not found.is_admin
    login.by_email("eve@globex.example")
    session.commit()
    assert not roster.find_colleague(ada, eve.id).is_waiting and eve.ticket_visibility == "own"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == management.INVITED)).one()
    assert (entry.actor_id, entry.organization_id, entry.subject) == (ada.id, globex.id, eve.email)


def test_removal_ends_sessions_at_once_and_no_rule_admits_them_again(make, session, globex):
    ada, bob = admin_of(make, globex), make.user(globex, name="Bob")
    globex.addresses.append(management.OrganizationAddress(email=bob.email))
    ticket = make.ticket(bob)
    token = sessions.create_session(bob, "link")
    session.commit()
    assert sessions.load_session(token) is not None
    management.remove(bob.id, actor=ada)
    session.commit()
    assert sessions.load_session(token) is None and not sessions.list_sessions(bob)
    assert not admission.admitting_organizations(bob.email) and not admission.can_receive_mail(bob, ticket)
    assert permissions.find_ticket(bob, ticket.id) is None
    receives = admission.can_receive_mail_condition(db.literal(globex.id), db.literal(ticket.id))
    assert bob.id not in session.scalars(select(User.id).where(receives)).all()
    with pytest.raises(login.NotAdmitted):
        login.by_email(bob.email)
    assert "removed them" in admission.explain_admission(bob.email).reasons[-1]
    assert emails(ada, is_removed=True) == [bob.email] and bob.email not in emails(ada)
    invite(bob.email, ada)
    session.commit()
    assert login.by_email(bob.email).user.organization is globex and ticket.requester is bob


def test_a_removed_person_keeps_their_other_organization(make, session, globex):
    initech = make.organization("Initech", domain="initech.example")
    ada, bob = admin_of(make, globex), make.user(globex, name="Bob")
    initech.addresses.append(management.OrganizationAddress(email=bob.email))
    session.commit()
    management.remove(bob.id, actor=ada)
    session.commit()
    assert bob.organization is initech and bob.is_active
    assert admission.admitting_organizations(bob.email) == [initech]


def test_only_an_admin_of_the_organization_they_act_for_may_do_anything(make, session, globex):
    initech = make.organization("Initech", domain="initech.example")
    ada, bob, outsider = admin_of(make, globex), make.user(globex), make.user(initech)
    elsewhere = admin_of(make, initech, name="Ian")
    for actor in (bob, outsider, make.agent(), make.agent(role="admin")):
        actor.session = None
        for verb in (
            lambda: roster.list_colleagues(actor),
            lambda: roster.list_unused_addresses(actor),
            lambda: management.invite("eve@globex.example", ticket_visibility="own", actor=actor),
            lambda: management.remove(bob.id, actor=actor),
            lambda: management.change(bob.id, ticket_visibility="own", is_admin=True, actor=actor),
            lambda: management.sign_out(bob.id, actor=actor),
            lambda: management.remove_address("x@globex.example", actor=actor),
        ):
            with pytest.raises(PermissionDenied):
                verb()
    for verb in (
        lambda: management.remove(bob.id, actor=elsewhere),
        lambda: management.change(bob.id, ticket_visibility="own", is_admin=True, actor=elsewhere),
        lambda: management.sign_out(bob.id, actor=elsewhere),
    ):
        with pytest.raises(ConflictError):
            verb()
    assert roster.find_colleague(elsewhere, bob.id) is None and bob.email not in emails(elsewhere)
    with pytest.raises(PermissionDenied):
        memberships.set_admin(outsider, initech, True, actor=ada)
    for user_id in (ada.id, bob.id, make.agent().id, 2**70, -1):
        assert roster.find_colleague(elsewhere, user_id) is None


def test_an_admin_who_acts_for_another_organization_manages_nobody(make, session, globex):
    initech = make.organization("Initech", domain="initech.example")
    ada = admin_of(make, globex)
    token = sessions.create_session(ada, "link")
    assert sessions.load_session(token).session.manages_people
    users.join_organization(ada, initech)
    initech.addresses.append(management.OrganizationAddress(email=ada.email))
    session.commit()
    assert not sessions.load_session(token).session.manages_people
    assert not permissions.can_manage_people(ada, globex.id) and not permissions.can_manage_people(ada, initech.id)


@pytest.mark.parametrize(
    "email", ["ceo@initech.example", "help@support.example", "x@unknown.example", "known@gmail.com", "no address"]
)
def test_nobody_of_another_customer_or_of_the_team_is_drawn_in(make, session, globex, email):
    initech = make.organization("Initech", domain="initech.example")
    initech.addresses.append(management.OrganizationAddress(email="known@gmail.com"))
    make.agent(email="help@support.example")
    ada = admin_of(make, globex)
    session.commit()
    with pytest.raises(ValidationError):
        invite(email, ada)
    session.rollback()
    assert session.scalar(select(Delivery.id)) is None and users.find_user("ceo@initech.example") is None


def test_an_address_at_a_public_domain_may_be_invited_and_is_listed(make, session, globex):
    ada = admin_of(make, globex)
    eve = invite("eve@gmail.com", ada)
    session.commit()
    assert admission.admitting_organizations("eve@gmail.com") == [globex]
    management.remove(eve.id, actor=ada)
    session.commit()
    assert admission.admitting_organizations("eve@gmail.com") == [] and globex.addresses == []


def test_the_name_of_somebody_who_acts_for_another_organization_is_not_disclosed(make, session, globex):
    initech = make.organization("Initech", domain="initech.example")
    ada = admin_of(make, globex)
    eve = make.user(initech, name="Jane Elsewhere", email="evelyn@globex.example")
    initech.addresses.append(management.OrganizationAddress(email=eve.email))
    sessions.create_session(eve, "link")
    session.commit()
    invite(eve.email, ada)
    session.commit()
    found = roster.find_colleague(ada, eve.id)
    assert found.is_waiting and not found.sessions and eve.organization is initech
    assert emails(ada, words="elsewhere") == [] and emails(ada, words="evel") == [eve.email]
    management.remove(eve.id, actor=ada)
    session.commit()
    assert sessions.list_sessions(eve) and eve.organization is initech  # where they act for others stays


def test_nobody_removes_or_demotes_themselves_and_roles_are_audited(make, session, globex):
    ada, bob = admin_of(make, globex), make.user(globex)
    with pytest.raises(ConflictError):
        management.remove(ada.id, actor=ada)
    with pytest.raises(ConflictError):
        management.change(ada.id, ticket_visibility="organization", is_admin=False, actor=ada)
    session.rollback()
    management.change(bob.id, ticket_visibility="own", is_admin=True, actor=ada)
    session.commit()
    assert permissions.can_manage_people(bob, globex.id) and bob.ticket_visibility == "own"
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == bob.email)).all()
    assert {"gave the role of organization admin", "changed what a customer sees"} <= set(actions)


def test_too_many_invitations_in_a_day_are_refused(make, session, globex, monkeypatch):
    monkeypatch.setattr(management, "MAX_INVITATIONS", 2)
    ada = admin_of(make, globex)
    for number in range(2):
        invite(f"n{number}@globex.example", ada)
    with pytest.raises(ConflictError):
        invite("n3@globex.example", ada)


def test_refused_invitations_are_counted_and_the_limit_tells_nothing(make, session, globex, monkeypatch):
    monkeypatch.setattr(management, "MAX_INVITATIONS", 4)
    initech = make.organization("Initech", domain="initech.example")
    initech.addresses.append(management.OrganizationAddress(email="known@gmail.com"))
    make.agent(email="help@gmail.com")
    make.user(initech, email="used@gmail.com")
    ada, other = admin_of(make, globex), admin_of(make, initech, name="Ian")
    session.commit()
    answers = []
    for email in ("known@gmail.com", "help@gmail.com", "used@gmail.com", "x@initech.example"):
        with pytest.raises(ValidationError) as refused:
            invite(email, ada)
        answers.append(refused.value.errors)
        session.commit()
    assert answers.count(answers[0]) == 4, "one answer, whoever the address belongs to"
    entries = session.scalars(select(AuditEntry.subject).where(AuditEntry.action == management.REFUSED)).all()
    assert len(entries) == 4 and "known@gmail.com" in entries
    late = []
    for email in ("known@gmail.com", "free@gmail.com", "eve@globex.example"):
        with pytest.raises(ConflictError) as refused:
            invite(email, ada)
        late.append(str(refused.value))
        session.commit()
    assert late.count(late[0]) == 3 and session.scalar(select(Delivery.id)) is None
    invite("new@initech.example", other)


def test_the_team_admits_a_removed_person_again(make, session, globex):
    ada, bob = admin_of(make, globex), make.user(globex)
    session.commit()
    management.remove(bob.id, actor=ada)
    session.commit()
    agent = make.agent()
    assert customers.add_customer(bob.email, name="", organization=globex, actor=agent).id == bob.id
    assert admission.admitting_organizations(bob.email) == [globex] and bob.organization is globex
    with pytest.raises(PermissionDenied):
        memberships.restore(bob, globex, actor=ada)


def test_of_two_admins_who_remove_each_other_one_stays(app, make, session, globex):
    ada, bob = admin_of(make, globex), admin_of(make, globex, name="Bob")
    session.commit()
    pairs, gate, refused = [(ada.id, bob.id), (bob.id, ada.id)], threading.Barrier(2), []
    session.remove()

    def remove(actor_id, user_id):
        with app.app_context():
            gate.wait()
            actor = db.session.get(User, actor_id)
            actor.session = None
            try:
                management.remove(user_id, actor=actor)
                db.session.commit()
            except (PermissionDenied, ConflictError):
                db.session.rollback()
                refused.append(actor_id)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(refused) == 1
    admins = select(Membership.user_id).where(Membership.is_admin, Membership.removed_at.is_(None))
    assert session.scalars(admins).all() == refused or len(session.scalars(admins).all()) == 1
