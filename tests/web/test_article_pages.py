"""The pages of help articles: reading, searching, answering, writing, and inserting one into a reply."""

import pytest
from sqlalchemy import select

from helpdesk.domain.knowledge_base import articles
from helpdesk.models.article import Article
from tests.web.pages import parse_page
from tests.web.test_desk_pages import send

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def post(client, path, expected=303, **data):
    """POST as somebody not signed in."""
    token = parse_page(client.get("/sign-in")).find("meta", {"name": "csrf-token"})["content"]
    response = client.post(path, data=data | {"csrf_token": token})
    assert response.status_code == expected, response.get_data(as_text=True)[:2000]
    return response


@pytest.fixture
def write(make, session):
    lead = make.agent("Lea", role="lead")

    def save(title="Print a label", body="# How\n\nPress the **green** button.", **values):
        given = {"category": "Labels", "language": "en", "audience": "signed_in", "is_published": True} | values
        made = articles.save_article(None, articles.ArticleText(title, body, **given), actor=lead)
        session.commit()
        return made

    return save


def test_public_articles_are_read_and_answered_without_signing_in(browser_of, write, session):
    somebody = browser_of()
    assert somebody.get("/articles").headers["Location"].startswith("/sign-in")
    inside, public = write("Inside"), write(audience="public")
    assert parse_page(somebody.get("/sign-in")).select_one("footer a[href='/articles']")
    listed = parse_page(somebody.get("/articles"))
    assert [a.text for a in listed.select(".rows a")] == ["Print a label"] and listed.select_one("h2").text == "Labels"
    for hidden in (inside.id, 12345):
        assert somebody.get(f"/articles/{hidden}").headers["Location"].startswith("/sign-in?next=")
        assert post(somebody, f"/articles/{hidden}/vote", helped="yes").headers["Location"].startswith("/sign-in")
    page = parse_page(somebody.get(f"/articles/{public.id}"))
    assert [each.text for each in page.select("h1")] == ["Print a label"], "a heading of the text is none of the page"
    assert page.select_one(".prose strong").text == "green" and page.select_one(".prose[hx-disable]")
    for helped in ("yes", "yes", "no"):
        post(somebody, f"/articles/{public.id}/vote", helped=helped)
    assert parse_page(somebody.get(f"/articles/{public.id}")).select_one("button[aria-pressed=true]")["value"] == "no"
    session.rollback()
    stored = session.get(Article, public.id)
    assert (stored.helped, stored.did_not_help) == (0, 1)
    post(somebody, f"/articles/{public.id}/vote", 400, helped="maybe")


def test_articles_are_offered_while_a_subject_is_typed_beside_tickets(browser_of, make, write):
    dana = make.user(make.organization())
    write()
    write("Draft of a label", is_published=False)
    make.ticket(dana, subject="A label is wrong")
    make.ticket(make.user(make.organization()), subject="Their label is wrong")
    page = parse_page(browser_of(dana).get("/tickets/similar?subject=label%20trouble"))
    links = [a["href"] for a in page.select("a")]
    assert len(links) == 2 and links[0].startswith("/articles/") and links[1].startswith("/tickets/")


def test_an_agent_inserts_an_article_in_the_customers_language(browser_of, make, write, session):
    dana = make.user(make.organization(), language="de")
    agent, ticket = browser_of(make.agent()), make.ticket(dana)
    assert "article-words" not in agent.get(f"/tickets/{ticket.number}").text
    english = write("Print [a] label")
    german = write("Ein Etikett drucken", language="de", original_id=english.id)
    draft = write("Label secrets", is_published=False)
    assert "article-words" in agent.get(f"/tickets/{ticket.number}").text
    found = parse_page(agent.get(f"/tickets/{ticket.number}/articles?article-words=label"))
    assert [button["value"] for button in found.select("button")] == [str(english.id)]
    answer = send(agent, f"/tickets/{ticket.number}/canned", 200, article=str(english.id), body="Hello.")
    assert parse_page(answer).select_one("textarea[name=body]").text.strip() == (
        f"Hello.\n\n[Ein Etikett drucken](http://localhost/articles/{german.id})"
    )
    answer = send(agent, f"/tickets/{ticket.number}/canned", 200, article=str(draft.id), body="Hello.")
    assert parse_page(answer).select_one("textarea[name=body]").text.strip() == "Hello.", "they could not read it"


def test_a_lead_writes_translates_and_withdraws_an_article(browser_of, make, session):
    lead, agent = browser_of(make.agent(role="lead")), browser_of(make.agent())
    values = {"title": "Labels", "body": "Press.", "language": "en", "audience": "public", "is_published": "1"}
    assert "Give the article a title." in send(lead, "/settings/articles", 422, **(values | {"title": ""})).text
    made = send(lead, "/settings/articles", **values).headers["Location"]
    form = parse_page(lead.get(made))
    assert form.select_one("[name=version]")["value"] == "1"
    new = parse_page(lead.get(f"/settings/articles/new?of={made.rpartition('/')[2]}"))
    assert new.select_one("[name=original] option[selected]")["value"] == made.rpartition("/")[2]
    send(lead, "/settings/articles", **(values | {"language": "de", "original": made.rpartition("/")[2]}))
    assert "Deutsch" in browser_of().get(made.removeprefix("/settings")).text
    assert send(lead, made, 409, **(values | {"version": "7"})).status_code == 409
    withdrawn = {name: value for name, value in values.items() if name != "is_published"} | {"version": "1"}
    send(lead, made, **withdrawn)
    assert browser_of().get(made.removeprefix("/settings")).status_code == 302
    assert "Draft" in agent.get("/settings/articles").text and agent.get(made).status_code == 200
    assert "Save article" not in agent.get(made).text


def test_a_translation_of_an_article_that_was_deleted_meanwhile_is_not_an_original(browser_of, make, session):
    lead = browser_of(make.agent(role="lead"))
    values = {"title": "Labels", "body": "Press.", "language": "en", "audience": "public", "is_published": "1"}
    made = send(lead, "/settings/articles", **values).headers["Location"]
    number = made.rpartition("/")[2]
    send(lead, f"{made}/delete")
    translated = values | {"title": "Etiketten", "language": "de", "original": number}
    page = parse_page(send(lead, "/settings/articles", 422, **translated), 422)
    assert "This article does not exist any more." in page.select_one(".error-summary").text
    assert page.select_one("[name=title]")["value"] == "Etiketten"
    assert session.scalar(select(Article)) is None
