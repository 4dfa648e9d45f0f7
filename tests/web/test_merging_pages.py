"""The pages on which an admin changes who somebody is, merges, moves, and takes it back."""

import pytest
from sqlalchemy import select

from helpdesk.domain.authentication import login
from helpdesk.domain.people import users
from helpdesk.domain.reorganization import progress
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.operation import Operation
from helpdesk.models.user import User
from tests.factories import signed_in_client
from tests.web import page_forms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def admin_client(app, make):
    return signed_in_client(app, make.agent("Ada", role="admin"))


def form_of(client, page: str, action: str) -> page_forms.PageForm:
    forms = page_forms.forms_of(page_forms.parse(client.get(page)), page)
    return next(form for form in forms if form.method == "POST" and form.action == action)


def send(client, form, **changes):
    return page_forms.submit(client, form, form.sent_values() | changes)


def test_a_new_address_signs_out_and_the_former_one_stays_theirs(app, session, make, admin_client):
    ann = make.user(make.organization("Globex"), "Ann", email="ann@globex.example")
    client = signed_in_client(app, ann)
    page = f"/settings/people/{ann.id}"
    form = form_of(admin_client, page, f"{page}/address")
    assert send(admin_client, form, name="Ann Lee", email="Ann.Lee@globex.example").status_code == 303
    session.expire_all()
    assert (ann.name, ann.email, ann.email_verified_at) == ("Ann Lee", "ann.lee@globex.example", None)
    assert [alias.email for alias in ann.aliases] == ["ann@globex.example"]
    assert client.get("/tickets").status_code == 302
    assert login.by_email("ann@globex.example").user is ann and ann.email_verified_at is None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "changed a person")).one()
    assert entry.details["email"] == ["ann@globex.example", "ann.lee@globex.example"]
    removal = form_of(admin_client, page, f"{page}/aliases/{ann.aliases[0].id}/delete")
    assert send(admin_client, removal).status_code == 303
    assert users.find_user("ann@globex.example") is None


def test_an_address_that_is_wrong_keeps_what_was_typed(session, make, admin_client):
    globex = make.organization("Globex")
    ann, bo = make.user(globex, "Ann"), make.user(globex, "Bo")
    page = f"/settings/people/{ann.id}"
    form = form_of(admin_client, page, f"{page}/address")
    for email, status, sentence in (
        ("nobody", 422, "Enter one email address"),
        (bo.email, 409, "If they are the same person, merge the two."),
        ("ann@elsewhere.example", 422, "No rule of Globex admits ann@elsewhere.example."),
    ):
        answer = send(admin_client, form, email=email, name="Anna")
        assert (answer.status_code, sentence in answer.text) == (status, True), email
        assert 'value="Anna"' in answer.text and f'value="{email}"' in answer.text
    assert session.get(User, ann.id).name == "Ann"


def test_an_older_page_does_not_overwrite_what_another_admin_saved(session, make, admin_client):
    ann = make.user(make.organization("Globex"), "Ann")
    page = f"/settings/people/{ann.id}"
    forms = [form_of(admin_client, page, f"{page}/address") for _ in range(2)]
    assert send(admin_client, forms[0], name="First").status_code == 303
    answer = send(admin_client, forms[1], name="Second")
    assert answer.status_code == 409 and "Somebody else saved this meanwhile" in answer.text
    session.expire_all()
    assert ann.name == "First"


def test_two_people_are_merged_after_reading_what_it_does_and_it_is_undone(session, make, admin_client):
    globex = make.organization("Globex")
    ann, twin = make.user(globex, "Ann"), make.user(globex, "Twin")
    ticket = make.ticket(twin)
    path = f"/settings/people/{twin.id}/merge"
    assert admin_client.get(f"{path}?target=nobody@globex.example").status_code == 422
    page = f"{path}?target={ann.email}"
    assert f"What moves from {twin.email} to Ann: 1 ticket and 1 message." in admin_client.get(page).text
    form = form_of(admin_client, page, path)
    assert send(admin_client, form).status_code == 422  # not confirmed
    make.ticket(twin, "Another")
    answer = send(admin_client, form, understood="1")
    assert answer.status_code == 409 and "has changed since you read it" in answer.text
    form = form_of(admin_client, page, path)
    answer = send(admin_client, form, understood="1")
    operation = session.scalars(select(Operation)).one()
    assert answer.headers["Location"] == f"/settings/operations/{operation.id}"
    session.expire_all()
    assert ticket.requester_id == ann.id
    assert admin_client.get(f"/settings/people/{twin.id}").headers["Location"] == f"/settings/people/{ann.id}"
    assert "Merged Twin into Ann" in admin_client.get("/settings/operations").text
    undo = form_of(admin_client, answer.headers["Location"], f"/settings/operations/{operation.id}/undo")
    assert send(admin_client, undo).status_code == 303
    session.expire_all()
    assert (ticket.requester_id, operation.state) == (twin.id, "undone")
    assert send(admin_client, undo).status_code == 303  # twice is once, with a sentence
    assert "undone already" in admin_client.get(f"/settings/operations/{operation.id}").text


def test_organizations_are_merged_with_progress_to_its_end(session, make, admin_client):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    ticket = make.ticket(make.user(initech))
    path = f"/settings/organizations/{initech.id}/merge"
    page = f"{path}?target=globex"
    answer = send(admin_client, form_of(admin_client, page, path), understood="1")
    operation = session.scalars(select(Operation)).one()
    progress_path = f"/settings/operations/{operation.id}/progress"
    assert "In progress" in admin_client.get(answer.headers["Location"]).text
    assert "every 2s" in admin_client.get(progress_path).text
    assert admin_client.get(page).status_code == 409  # one at a time
    while progress.continue_operation(operation.id):
        session.commit()
    session.commit()
    assert "every 2s" not in admin_client.get(progress_path).text
    session.expire_all()
    assert ticket.organization_id == globex.id
    found = admin_client.get(f"/settings/organizations/{initech.id}")
    assert found.headers["Location"] == f"/settings/organizations/{globex.id}"
    assert "was merged into this organization" in admin_client.get(found.headers["Location"]).text
    assert "Initech" not in admin_client.get("/settings/organizations").text


def test_people_of_a_domain_that_moved_are_moved_with_their_tickets(session, make, admin_client):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    moved = make.user(globex, "Moved", email="moved@initech.example")
    ticket = make.ticket(moved)
    path = f"/settings/organizations/{globex.id}/move"
    assert "Such people: 1 at Initech." in admin_client.get(path).text
    page = f"{path}?target=initech"
    answer = send(admin_client, form_of(admin_client, page, path), understood="1")
    operation = session.scalars(select(Operation)).one()
    while progress.continue_operation(operation.id):
        session.commit()
    session.commit()
    session.expire_all()
    assert (ticket.organization_id, moved.organization_id) == (initech.id, initech.id)
    assert "Finished" in admin_client.get(answer.headers["Location"]).text
