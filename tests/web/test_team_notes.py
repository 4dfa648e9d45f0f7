"""Notes of the team about people and organizations."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from helpdesk.domain.people import team_notes
from helpdesk.domain.privacy import erasure
from helpdesk.models.audit_log import AuditEntry


@pytest.fixture
def dana(make, session):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    session.commit()
    return dana


@pytest.fixture
def desk(make, browser_of):
    return browser_of(make.agent("Priya"))


def save(client, path, text, seen=None):
    page = BeautifulSoup(client.get(path).text, "html.parser")
    form = page.select_one("#team-notes form")
    data = {each["name"]: each.get("value", "") for each in form.select("input")} | {"notes": text}
    return client.post(form["action"], data=data | ({"seen": seen} if seen else {}))


def shown(client, path) -> list[str]:
    page = BeautifulSoup(client.get(path).text, "html.parser")
    return [each.text for each in page.select("#team-notes .preserve-lines")]


def test_an_agent_notes_something_about_a_person_and_about_an_organization(desk, dana, session):
    for path in (f"/desk/people/{dana.id}", f"/desk/people/organizations/{dana.organization.slug}"):
        assert shown(desk, path) == []
        assert save(desk, path, "Prefers a call.\r\nNever before nine.").status_code == 303
        assert shown(desk, path) == ["Prefers a call.\nNever before nine."]
        assert save(desk, path, "").status_code == 303
        assert shown(desk, path) == []
    actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions == ["changed the notes about a person"] * 2 + ["changed an organization"] * 2


@pytest.mark.parametrize("text", ["Mine.", "x" * (team_notes.MAX_LENGTH + 1)], ids=["stale", "too long"])
def test_what_is_refused_stays_in_the_form(desk, dana, text):
    for path in (f"/desk/people/{dana.id}", f"/desk/people/organizations/{dana.organization.slug}"):
        stale = team_notes.get_version("")
        save(desk, path, "Theirs.")
        answer = save(desk, path, text, seen=stale)
        page = BeautifulSoup(answer.text, "html.parser")
        assert answer.status_code == (409 if text == "Mine." else 422)
        assert page.select_one("#team-notes details").has_attr("open")
        assert page.select_one("#team-notes textarea").text.strip() == text
        assert page.select_one("#team-notes .preserve-lines").text == "Theirs."
        assert shown(desk, path) == ["Theirs."]


def test_notes_about_a_person_end_with_their_erasure(desk, dana, session, make):
    save(desk, f"/desk/people/{dana.id}", "Prefers a call.")
    erasure.erase_account(session.merge(dana))
    session.commit()
    session.refresh(dana, ["notes"])
    assert dana.notes == ""


def test_notes_about_merged_people_are_shown_with_the_person_they_became(desk, dana, session, make):
    twin = make.user(dana.organization, "D. Fields")
    twin.notes, twin.merged_into_id = "Uses two addresses.", dana.id
    session.commit()
    save(desk, f"/desk/people/{dana.id}", "Prefers a call.")
    assert shown(desk, f"/desk/people/{dana.id}") == ["Prefers a call.", "Uses two addresses."]


def test_a_customer_never_sees_notes(desk, dana, browser_of, make):
    save(desk, f"/desk/people/{dana.id}", "Prefers a call.")
    client = browser_of(dana)
    assert client.get(f"/desk/people/{dana.id}").status_code == 404
    assert "Prefers a call." not in client.get("/account").text
