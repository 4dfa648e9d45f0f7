"""The pages of quality reviews: scorecard, sample, review, the agent's answer, trends."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.models.qa_review import QaReview, ReviewCriterion
from tests.web.pages import parse_page
from tests.web.test_desk_pages import send

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_review_with_scores_is_answered_and_counted(browser_of, make, session):
    lead, maya = make.agent("Tomás", role="lead"), make.agent("Maya")
    ticket = make.ticket(subject="Slow export")
    tickets.assign(ticket, maya, actor=maya)
    tickets.solve(ticket, actor=maya)
    session.commit()
    desk, agent, other = browser_of(lead), browser_of(maya), browser_of(make.agent("Bo"))
    assert len(parse_page(send(desk, "/review/scorecard", 422, name=""), 422).select(".error-summary li")) == 1
    for name in ("Tone", "Speed"):
        send(desk, "/review/scorecard", name=name, help="Friendly and clear")
    tone, speed = session.scalars(select(ReviewCriterion).order_by(ReviewCriterion.id))
    send(desk, f"/review/scorecard/{speed.id}/move", direction="up")
    refused = parse_page(send(desk, f"/review/scorecard/{tone.id}", 422, name="T" * 81, help="Kind"), 422)
    assert refused.select_one(f"#name-{tone.id}")["value"] == "T" * 81 and refused.select_one(f"#name-{tone.id}-error")
    assert refused.select_one(f"#help-{tone.id}")["value"] == "Kind" and not refused.select_one("#field-name")["value"]
    assert refused.select_one(".error-summary a")["href"] == f"#name-{tone.id}"
    names = [each["value"] for each in parse_page(desk.get("/review/scorecard")).select(".card input[name=name]")][:2]
    assert names == ["Speed", "Tone"]
    for rule, count in {"": 1, "agent": 0, "low": 0, "long": 0, "<b>": 1}.items():
        assert (
            len(parse_page(desk.get(f"/review/reading?sample={rule}&assignee={maya.id}")).select("tbody tr")) == count
        )
    path = f"/review/reading/{ticket.number}"
    scores = {f"score-{tone.id}": "4", f"score-{speed.id}": ""}
    page = parse_page(
        send(desk, path, 422, rating="good", comment="Say when", **scores | {f"score-{tone.id}": "9"}), 422
    )
    assert page.textarea.text.strip() == "Say when"
    send(desk, path, rating="good", comment="Say when", **scores)
    page = parse_page(agent.get("/desk/remarks"))
    assert "Tone: 4 of 5" in " ".join(page.main.text.split()) and "Speed" not in page.main.text
    answer = f"/desk/remarks/{ticket.number}/answer"
    assert len(parse_page(send(agent, answer, 422, answer=" "), 422).select(".field-error")) == 1
    send(agent, answer, answer="The log came late <b>")
    assert session.get(QaReview, ticket.id).answer == "The log came late <b>"
    assert other.post(answer, data={"answer": "x"}).status_code in (400, 404)
    page = parse_page(desk.get(path))
    assert page.select_one("#answer").text == "Answer of Maya" and "The log came late <b>" in page.main.text
    assert page.select_one(f"[name=score-{tone.id}] option[selected]").text == "4"
    trends = parse_page(desk.get(f"/review/quality?range=weeks_4&assignee={maya.id}"))
    assert [each.text.strip() for each in trends.select("dl .stat dd")] == ["1", "4.0 of 5", "0", "1", "0", "1"]
    assert len(trends.select("figure.chart svg")) == 2 and "Tone" in trends.main.text
    send(desk, f"/review/scorecard/{tone.id}/delete")
    assert "Tone" in parse_page(desk.get("/review/quality")).main.text
    assert "Tone" not in parse_page(desk.get(path)).main.text


def test_a_review_that_somebody_else_wrote_or_answered_meanwhile_is_not_overwritten(browser_of, session, make):
    lead, other, maya = make.agent("Lea", role="lead"), make.agent("Lou", role="lead"), make.agent("Maya")
    ticket = make.ticket()
    tickets.assign(ticket, maya, actor=maya)
    tickets.solve(ticket, actor=maya)
    session.commit()
    path, mine, theirs = f"/review/reading/{ticket.number}", browser_of(lead), browser_of(other)

    def load(client):
        return parse_page(client.get(path)).select_one("[name=loaded]")["value"]

    first, second = load(mine), load(theirs)
    send(theirs, path, rating="good", comment="Theirs", loaded=second)
    page = parse_page(send(mine, path, 422, rating="improve", comment="Mine", loaded=first), 422)
    assert page.textarea.text.strip() == "Mine" and "Somebody else saved this meanwhile" in page.main.text
    session.expire_all()
    assert session.get(QaReview, ticket.id).comment == "Theirs"
    seen = load(mine)
    send(browser_of(maya), f"/desk/remarks/{ticket.number}/answer", answer="But the log came late")
    page = parse_page(send(mine, path, 422, rating="improve", comment="Mine", loaded=seen), 422)
    assert "But the log came late" in page.main.text
    send(mine, path, rating="improve", comment="Mine", loaded=page.select_one("[name=loaded]")["value"])
    session.expire_all()
    assert session.get(QaReview, ticket.id).comment == "Mine"
