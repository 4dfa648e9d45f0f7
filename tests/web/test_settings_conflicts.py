"""Two admins at once: nobody's change is lost or reverted silently, and a first save never fails."""

import threading

import pytest
from sqlalchemy import func, select

from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as stored_settings
from helpdesk.domain.authentication.connections import administration
from helpdesk.models.form import Form
from helpdesk.models.saved_view import SavedView
from helpdesk.models.sla import BusinessHours, SlaPolicy
from helpdesk.models.tag import Tag
from helpdesk.models.user import User
from tests.factories import signed_in_client
from tests.web import page_forms


@pytest.fixture
def admins(make, app):
    return [signed_in_client(app, make.agent(name, role="admin")) for name in ("Ada", "Bea")]


def open_form(client, page_path: str, action: str | None = None) -> page_forms.PageForm:
    page = page_forms.parse(client.get(page_path))
    return next(
        form
        for form in page_forms.forms_of(page, page_path)
        if form.method == "POST" and form.action == (action or page_path)
    )


def send(client, form: page_forms.PageForm, **changes):
    return page_forms.submit(client, form, form.sent_values() | changes)


SETTINGS_PAGES = (
    ("/settings/closing", {"close_after_days": "30"}, {"close_warning_days": "3"}),
    ("/settings/portal", {"portal_name": "Ada's desk"}, {"team_name": "Bea's team"}),
    ("/settings/mail", {"mail_grouping_seconds": "60"}, {"rating_style": "off"}),
)


@pytest.mark.parametrize(("path", "first_change", "second_change"), SETTINGS_PAGES)
def test_an_older_page_reverts_nothing(path, first_change, second_change, admins):
    ada, bea = admins
    forms = [open_form(ada, path), open_form(bea, path)]
    assert send(ada, forms[0], **first_change).status_code == 303
    assert send(bea, forms[1], **second_change).status_code == 303
    values = stored_settings.load_all()
    for name, value in (first_change | second_change).items():
        assert str(values[name]) == value


def test_a_text_that_does_nothing_is_refused_with_its_reason(admins):
    form = open_form(admins[0], "/settings/channels", "/settings/channels/options")
    answer = send(admins[0], form, on_call_group="@on-call")
    assert answer.status_code == 422
    page = page_forms.parse(answer)
    assert page.select_one("[name=on_call_group]")["value"] == "@on-call"
    assert "begins with S" in page.select_one("#field-on_call_group-error").text


@pytest.mark.parametrize(("path", "change", "_"), SETTINGS_PAGES)
def test_what_both_changed_is_refused_once_with_the_others_value(path, change, _, admins):
    ada, bea = admins
    (name, value), theirs = (
        *change.items(),
        {"close_after_days": "9", "portal_name": "Bea", "mail_grouping_seconds": "7"},
    )
    forms = [open_form(ada, path), open_form(bea, path)]
    assert send(ada, forms[0], **change).status_code == 303
    refused = send(bea, forms[1], **{name: theirs[name]})
    page = page_forms.parse(refused)
    assert refused.status_code == 409 and "Somebody else set this to" in page.text and value in page.text
    assert str(stored_settings.load_all()[name]) == value
    again = next(form for form in page_forms.forms_of(page, path) if form.action == path and form.method == "POST")
    assert again.sent_values()[name] == [theirs[name]]
    assert send(bea, again).status_code == 303
    assert str(stored_settings.load_all()[name]) == theirs[name]


def test_other_pages_say_that_somebody_else_saved(admins, make, session):
    version = make.form("default", ({"key": "room"},))
    version.published_at = None
    session.commit()
    ada, bea = admins
    hook = ada.post("/settings/webhooks", data=webhook_values(ada, name="Hook")).location
    levels, form = "/settings/service-levels", f"/settings/forms/{version.form_id}"
    for page, action, ours, theirs in (
        (levels, f"{levels}/targets", {"urgent-first_response": "1h"}, {"low-resolution": "9h"}),
        (levels, f"{levels}/hours", {"hours-0": "09:00-17:00"}, {"hours-1": "10:00-12:00"}),
        (form, form, {"name": "Ada's form"}, {"description": "By Bea"}),
        (f"{form}/fields/room", f"{form}/fields/room", {"label": "Which room"}, {"help": "By Bea"}),
        (hook, hook, {"name": "Ada's hook"}, {"name": "Bea's hook"}),
    ):
        opened = [open_form(ada, page, action), open_form(bea, page, action)]
        assert send(ada, opened[0], **ours).status_code == 303, action
        refused = send(bea, opened[1], **theirs)
        assert refused.status_code == 409 and "Somebody else saved this meanwhile" in refused.text, action
        again = next(each for each in page_forms.forms_of(page_forms.parse(refused), page) if each.action == action)
        name, value = next(iter(theirs.items()))
        assert again.sent_values()[name] == [value], action
        assert send(bea, again).status_code == 303, action


def test_what_a_person_a_tag_and_sign_in_are_set_to_is_not_overwritten(admins, make, session):
    ada, bea = admins
    globex = make.organization("Globex")
    ann, dana, tag = make.user(globex, "Ann"), make.agent("Dana"), Tag(name="refund", search_words="refund")
    session.add(tag)
    session.commit()
    connection = administration.create_connection(
        globex,
        {"name": "Their own", "issuer": "https://id.globex.example", "client_id": "c", "client_secret": "s"},
        actor=session.scalar(select(User).where(User.name == "Ada")),
    )
    session.commit()
    person, agent = f"/settings/people/{ann.id}", f"/settings/people/{dana.id}"
    sign_in, own = f"/settings/organizations/{globex.id}/sign-in", f"/settings/connections/{connection.id}"
    for page, action, ours, theirs in (
        (person, f"{person}/sees", {"ticket_visibility": "own"}, {}),
        (person, f"{person}/slack", {"slack_user_id": "U1ADA00000"}, {"slack_user_id": "U1BEA00000"}),
        (agent, f"{agent}/role", {"role": "lead"}, {"role": "admin"}),
        (f"/settings/tags/{tag.id}", None, {"name": "refunds"}, {"name": "money-back"}),
        (sign_in, None, {"google": "off"}, {"microsoft": "off"}),
        (own, None, {"client_id": "ada"}, {"name": "By Bea"}),
        ("/settings/setup", "/settings/setup/look", {"portal_name": "Ada's"}, {"team_name": "Bea's"}),
    ):
        opened = [open_form(ada, page, action), open_form(bea, page, action)]
        assert send(ada, opened[0], **ours).status_code == 303, action or page
        refused = send(bea, opened[1], **theirs)
        assert refused.status_code == 409 and "Somebody else saved this meanwhile" in refused.text, action or page
        again = next(
            form for form in page_forms.forms_of(page_forms.parse(refused), page) if form.action == (action or page)
        )
        assert send(bea, again).status_code == 303, action or page


def test_an_answer_and_a_message_are_not_overwritten_by_an_older_page(admins, make, session):
    ada, bea = admins
    version = make.form("default", ({"key": "city"},))
    ticket = make.ticket(form=version, answers={"city": "Rome"})
    page, action = f"/tickets/{ticket.id}/answers", f"/tickets/{ticket.id}/answers/city"
    opened = [open_form(ada, page, action), open_form(bea, page, action)]
    assert send(ada, opened[0], **{"field-city": "Bonn"}).status_code == 303
    refused = send(bea, opened[1], **{"field-city": "Oslo"})
    assert (
        refused.status_code == 409 and "Somebody else saved this meanwhile" in refused.text and "Oslo" in refused.text
    )
    note = tickets.add_note(ticket, author=session.scalar(select(User).where(User.name == "Ada")), body="One")
    session.commit()
    page, action = f"/tickets/{ticket.id}/messages/{note.id}/edit", f"/tickets/{ticket.id}/messages/{note.id}"
    tabs = [open_form(ada, page, action), open_form(ada, page, action)]
    assert send(ada, tabs[0], body="Two").status_code == 303
    refused = send(ada, tabs[1], body="Three")
    assert refused.status_code == 409 and "Three" in refused.text
    again = next(form for form in page_forms.forms_of(page_forms.parse(refused), page) if form.action == action)
    assert send(ada, again).status_code == 303
    session.refresh(note)
    assert note.body == "Three"


def test_a_draft_that_somebody_changed_is_neither_published_nor_discarded_unseen(admins, make, session):
    ada, bea = admins
    version = make.form("default", ({"key": "room"},))
    page = f"/settings/forms/{version.form_id}"
    field = f"{page}/fields/room"
    assert send(ada, open_form(ada, field), label="Which room").status_code == 303
    for action in (f"{page}/draft/delete", f"{page}/publication"):
        opened = open_form(ada, page, action)
        assert send(bea, open_form(bea, field), help=f"By Bea for {action}").status_code == 303
        refused = send(ada, opened)
        assert refused.status_code == 409 and "Somebody else saved this meanwhile" in refused.text
    again = next(form for form in page_forms.forms_of(page_forms.parse(refused), page) if form.action == action)
    assert send(ada, again).status_code == 303


def webhook_values(client, **values):
    form = open_form(client, "/settings/webhooks/new", "/settings/webhooks")
    return form.sent_values() | {"url": "https://hooks.example/x", "events": ["ticket.filed"]} | values


def at_once(app, users, action, copies=6):
    """Run ``action(client)`` in several threads, each with its own signed-in client; the statuses."""
    clients = [signed_in_client(app, user) for user in users for _ in range(copies // len(users))]
    barrier, statuses = threading.Barrier(len(clients)), []

    def run(client):
        with app.app_context():
            prepared = action(client)
            barrier.wait(60)
            statuses.append(prepared())

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return statuses


def posting(path, values, page):
    """Open ``page``, and return a function that sends its form at ``path`` with ``values``."""

    def prepare(client):
        form = open_form(client, page, path)
        return lambda: send(client, form, **values).status_code

    return prepare


FIRST_SAVES = (
    ("/settings/closing", "/settings/closing", {"close_after_days": "30"}),
    ("/settings/portal", "/settings/portal", {"portal_name": "New name"}),
    ("/settings/mail", "/settings/mail", {"mail_grouping_seconds": "5"}),
    ("/settings/service-levels/targets", "/settings/service-levels", {"urgent-first_response": "1h"}),
    ("/settings/service-levels/hours", "/settings/service-levels", {"hours-0": "09:00-17:00"}),
    ("/settings/service-levels/holidays", "/settings/service-levels", {"day": "2026-12-25", "name": "Christmas"}),
    ("/settings/forms", "/settings/forms", {"name": "Hardware"}),
    ("/settings/organizations", "/settings/organizations/new", {"name": "Globex", "domains": "globex.example"}),
    ("/settings/team/invitations", "/settings/team", {"email": "new@support.example", "role": "agent"}),
    ("/settings/replies", "/settings/replies/new", {"title": "Hello", "body": "Hello"}),
    ("/desk/views", "/desk?q=printer", {"name": "Mine"}),
)


@pytest.mark.parametrize(("path", "page", "values"), FIRST_SAVES)
def test_the_same_first_save_at_once_by_two_admins(path, page, values, app, make, session):
    users = [make.agent(name, role="admin") for name in ("Ada", "Bea")]
    statuses = at_once(app, users, posting(path, values, page))
    assert len(statuses) == 6 and {200, 303} & set(statuses)
    assert set(statuses) <= {200, 303, 409, 422}, statuses  # 200: where no mail leaves, the page of the invitation
    session.rollback()
    assert session.scalar(select(func.count()).select_from(BusinessHours)) <= 1
    assert session.scalar(select(func.count()).select_from(SlaPolicy)) <= 1
    slugs = session.scalars(select(Form.slug)).all()
    assert len(set(slugs)) == len(slugs)
    names = session.execute(select(SavedView.owner_id, SavedView.name)).all()
    assert len(set(names)) == len(names)
    assert len(session.scalars(select(User).where(User.email == "new@support.example")).all()) <= 1


def test_two_same_names_one_after_the_other_are_answered(admins):
    ada, _ = admins
    for path, page, values in FIRST_SAVES:
        for _ in range(2):
            response = send(ada, open_form(ada, page, path), **values)
            assert response.status_code in (200, 303, 409, 422), (path, response.status_code)
            if response.status_code > 400:
                assert "error-summary" in response.text, path
