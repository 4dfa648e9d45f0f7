"""The admin of an organization who may use a link for emergencies, whatever it requires, and nobody else."""

import pytest

from helpdesk.domain.authentication import way_rules
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import memberships
from helpdesk.models.user import Membership
from tests.factories import signed_in_client
from tests.web.sign_in.companies import connect, serve_company
from tests.web.sign_in.test_own_provider import DANA, follow_the_mailed_link, sign_in, signed_in


@pytest.fixture
def settings(box):
    return {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": box.port, "WEBHOOKS_TO_LOOPBACK": True}


def test_an_admin_for_emergencies_may_still_use_a_link(app, browser, new_browser, session, make, box, post_office):
    globex = make.organization("Globex", domain="globex.example")
    boss, dana = (make.user(globex, name, email=f"{name}@globex.example") for name in ("boss", "dana"))
    for user in (boss, dana):
        given = {"user_id": user.id, "organization_id": globex.id, "ticket_visibility": "own", "is_admin": user is boss}
        session.add(Membership(**given))
    with serve_company("Globex") as provider:
        provider.account(DANA)
        assert signed_in(sign_in(browser, provider, connect(session, globex, provider)))
    ada, of_boss, of_dana = make.agent("Ada", role="admin"), signed_in_client(app, boss), signed_in_client(app, dana)
    with pytest.raises(ValidationError):
        way_rules.set_rules(globex, {"own": "required"}, actor=ada, emergency_admin=dana.email)
    session.rollback()
    assert way_rules.set_rules(globex, {"own": "required"}, actor=ada, emergency_admin=boss.email) == 1
    session.commit()
    assert of_boss.get("/tickets").status_code == 200 and of_dana.get("/tickets").status_code == 302
    other, address = new_browser(), boss.email
    other.post("/sign-in/link", {"email": address})
    post_office()
    assert "/sign-in/link/" in box.wait_for(address).text
    assert signed_in(follow_the_mailed_link(other, session)) and other.who() == address
    boss, dana, ada = (session.merge(user, load=True) for user in (boss, dana, ada))
    globex = session.merge(globex)
    said = [" ".join(way_rules.explain(user.email, (globex,), user)) for user in (boss, dana)]
    assert ["admin for emergencies" in each for each in said] == [True, False]
    memberships.set_admin(boss, globex, False, actor=ada)
    session.commit()
    assert other.who() is None and of_boss.get("/tickets").status_code == 302
    memberships.set_admin(boss, globex, True, actor=ada)
    session.commit()
    assert other.who() is None, "chosen anew, if at all"
