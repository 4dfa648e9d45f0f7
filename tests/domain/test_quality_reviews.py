"""Quality reviews: which tickets are drawn, the team's own scorecard, the agent's answer, and trends."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import insert, select, update

from helpdesk.domain import tickets
from helpdesk.domain.errors import PermissionDenied, ValidationError
from helpdesk.domain.privacy import erase_content
from helpdesk.domain.reporting import qa_reviews, quality_trends, review_samples, scorecards
from helpdesk.domain.reporting.definition import ReportDefinition
from helpdesk.models.message import Message
from helpdesk.models.notification import Notification
from helpdesk.models.qa_review import QaReview, ReviewScore
from helpdesk.models.rating import Rating
from helpdesk.models.ticket import Ticket

WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def lead(make):
    return make.agent("Jonas Park", role="lead")


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(WEDNESDAY, tick=False):
        yield


def solved(session, requester, agent, count, days_ago):
    """Add ``count`` tickets of ``agent``, solved ``days_ago``; returns their ids."""
    when = WEDNESDAY - timedelta(days=days_ago)
    common = {"organization_id": requester.organization_id, "requester_id": requester.id, "assignee_id": agent.id}
    times = dict.fromkeys(("created_at", "updated_at", "turn_since", "solved_at"), when)
    row = {**common, **times, "subject": "x", "status": "solved"}
    found = session.execute(insert(Ticket).returning(Ticket.id), [row] * count).scalars().all()
    session.commit()
    return set(found)


def ids(rows):
    return [row.ticket.id for row in rows]


def test_a_sample_has_some_of_each_agent_and_is_the_same_until_monday(session, make, lead):
    requester, maya, bo = make.user(make.organization()), make.agent("Maya"), make.agent("Bo")
    of_maya, of_bo = solved(session, requester, maya, 30, 5), solved(session, requester, bo, 2, 4)
    solved(session, requester, maya, 30, 12)
    drawn = ids(review_samples.list_sample(lead, "agent", per_agent=3))
    assert drawn == ids(review_samples.list_sample(lead, "agent", per_agent=3, limit=1)), "of every agent"
    assert len(of_maya.intersection(drawn)) == 3 and of_bo.intersection(drawn) == of_bo and len(drawn) == 5
    assert set(ids(review_samples.list_sample(lead, "agent", per_agent=3, agent_id=bo.id))) == of_bo
    reviewed = session.get(Ticket, of_maya.intersection(drawn).pop())
    qa_reviews.save_review(reviewed, reviewer=lead, rating="good")
    assert ids(review_samples.list_sample(lead, "agent")) == [each for each in drawn if each != reviewed.id]
    with time_machine.travel(WEDNESDAY + timedelta(days=4), tick=False):
        assert len(review_samples.list_sample(lead, "agent")) == 4  # no other is drawn in place of it
    chosen = {tuple(sorted(of_maya.intersection(drawn)))}
    for week in (1, 2):  # the number of a week deals anew
        with time_machine.travel(WEDNESDAY + timedelta(weeks=week), tick=False):
            again = solved(session, requester, maya, 30, -7 * week + 5)
            places = sorted(again).index
            drawn = ids(review_samples.list_sample(lead, "agent"))
            chosen.add(tuple(sorted(places(each) for each in drawn if each in again)))
    assert len(chosen) == 3


def test_samples_of_bad_ratings_and_long_conversations(session, make, lead):
    requester, maya = make.user(make.organization()), make.agent("Maya")
    first, second, third = sorted(solved(session, requester, maya, 3, 2))
    session.add_all([Rating(ticket_id=first, score=2), Rating(ticket_id=second, score=1)])
    session.add(Rating(ticket_id=third, score=3))
    said = {"organization_id": requester.organization_id, "kind": "reply", "from_team": True, "body": "x"}
    for ticket_id, count in ((first, 8), (second, 7), (third, 11)):
        session.execute(insert(Message), [{**said, "ticket_id": ticket_id, "seq": seq + 1} for seq in range(count)])
        session.execute(update(Ticket).where(Ticket.id == ticket_id).values(next_seq=count + 1))
    session.commit()
    assert ids(review_samples.list_sample(lead, "low")) == [second, first]
    found = review_samples.list_sample(lead, "long")
    assert [(row.ticket.id, row.replies) for row in found] == [(third, 11), (first, 8)]
    with pytest.raises(PermissionDenied):
        review_samples.list_sample(maya, "low")


def test_the_worst_rated_of_these_days_come_first_and_then_the_latest_solved(session, make, lead):
    requester, maya, bo = make.user(make.organization()), make.agent("Maya"), make.agent("Bo")
    old, recent = sorted(solved(session, requester, maya, 3, 40)), sorted(solved(session, requester, maya, 9, 20))
    latest, of_bo, own = (solved(session, requester, who, 1, 2).pop() for who in (maya, bo, lead))
    days_ago = lambda days: WEDNESDAY - timedelta(days=days)  # noqa: E731
    for ticket_id, score, days in (
        *((recent[0], 2, 3), (recent[1], 1, 19), (recent[2], 1, 4), (recent[3], 5, 1), (of_bo, 3, 1)),
        *((own, 1, 1), (old[0], 1, 1), (recent[4], 1, 35)),  # one's own, solved long ago, rated before it was reopened
    ):
        session.add(Rating(ticket_id=ticket_id, score=score, created_at=days_ago(days)))
    session.add(QaReview(ticket_id=recent[5], reviewer_id=lead.id, agent_id=maya.id, rating="good"))
    session.commit()
    rated = [recent[2], recent[1], recent[0], of_bo, recent[3]]
    others = [latest, recent[8], recent[7], recent[6], recent[4]]
    found = review_samples.list_sample(lead)
    assert [row.ticket.id for row in found] == [*rated, *others]
    assert [row.score for row in found] == [1, 1, 2, 3, 5, None, None, None, None, 1]
    assert ids(review_samples.list_sample(lead, limit=4)) == rated[:4]
    assert ids(review_samples.list_sample(lead, agent_id=bo.id)) == [of_bo]
    assert ids(review_samples.list_sample(lead, "low")) == rated[:3]
    assert ids(review_samples.list_sample(lead, "low", limit=2)) == rated[:2]


def test_a_review_has_scores_of_our_own_criteria_and_its_agent_answers(session, make, lead):
    maya, other = make.agent("Maya Lind"), make.agent("Bo")
    tone = scorecards.save_criterion(None, name="Tone", help="Friendly", actor=lead)
    speed = scorecards.save_criterion(None, name="Speed", help="", actor=lead)
    ticket = make.ticket()
    tickets.assign(ticket, maya, actor=maya)
    tickets.solve(ticket, actor=maya)
    for wrong in (0, 6):
        with pytest.raises(ValidationError):
            qa_reviews.save_review(ticket, reviewer=lead, rating="good", scores={tone.id: wrong})
    qa_reviews.save_review(ticket, reviewer=lead, rating="good", comment="Say when", scores={tone.id: 5, speed.id: 2})
    qa_reviews.save_review(ticket, reviewer=lead, rating="good", comment="Say when", scores={tone.id: 4, 999: 5})
    session.commit()
    assert session.execute(select(ReviewScore.criterion_id, ReviewScore.score)).all() == [(tone.id, 4)]
    for somebody in (other, ticket.requester, lead):
        with pytest.raises(PermissionDenied):
            qa_reviews.answer_review(ticket, "No", agent=somebody)
    with pytest.raises(ValidationError):
        qa_reviews.answer_review(ticket, " ", agent=maya)
    qa_reviews.answer_review(ticket, "I waited for the log", agent=maya)
    session.commit()
    review = session.get(QaReview, ticket.id)
    assert (review.answer, review.answered_at, review.read_at) == ("I waited for the log", WEDNESDAY, WEDNESDAY)
    notified = session.execute(select(Notification.user_id, Notification.kind).order_by(Notification.id)).all()
    assert notified[-1] == (lead.id, "review_answer") and (maya.id, "review") in notified
    erase_content.erase_reviews(maya)
    session.refresh(review)
    assert (review.comment, review.answer) == ("", "")


def test_the_scorecard_is_the_leads_and_keeps_old_scores(session, make, lead):
    with pytest.raises(PermissionDenied):
        scorecards.save_criterion(None, name="Tone", help="", actor=make.agent())
    with pytest.raises(ValidationError):
        scorecards.save_criterion(None, name=" ", help="x" * 301, actor=lead)
    tone, speed = (scorecards.save_criterion(None, name=name, help="", actor=lead) for name in ("Tone", "Speed"))
    scorecards.move_criterion(speed, -1, actor=lead)
    assert scorecards.list_criteria() == [speed, tone]
    scorecards.remove_criterion(tone, actor=lead)
    assert scorecards.list_criteria() == [speed] and scorecards.find_criterion(tone.id) is None


def test_trends_are_what_the_reviews_say(session, make, lead):
    requester, maya, bo = make.user(make.organization()), make.agent("Maya"), make.agent("Bo")
    tone, speed = (scorecards.save_criterion(None, name=name, help="", actor=lead) for name in ("Tone", "Speed"))
    numbers = sorted(solved(session, requester, maya, 6, 20)) + sorted(solved(session, requester, bo, 4, 20))
    expected = []
    for place, number in enumerate(numbers):
        with time_machine.travel(WEDNESDAY - timedelta(days=2 * place), tick=False):
            scores = {tone.id: place % 5 + 1} | ({speed.id: 3} if place % 2 else {})
            rating = ("excellent", "good", "improve")[place % 3]
            qa_reviews.save_review(session.get(Ticket, number), reviewer=lead, rating=rating, scores=scores)
            expected.append(
                (WEDNESDAY.date() - timedelta(days=2 * place), "Maya" if place < 6 else "Bo", rating, scores)
            )
    session.commit()
    definition = ReportDefinition.read({"from": "2026-11-09", "to": "2026-11-25", "by": "week"})
    trends = quality_trends.make_trends(definition)

    def check(figures, rows):
        values = [score for row in rows for score in row[3].values()]
        assert figures.reviews == len(rows)
        assert figures.ratings == {name: sum(row[2] == name for row in rows) for name in figures.ratings}
        assert figures.score == (pytest.approx(sum(values) / len(values)) if values else None)

    inside = [row for row in expected if row[0].isoformat() >= "2026-11-09"]
    assert len(inside) < len(expected)
    check(trends.total, inside)
    for part, figures in zip(definition.days.split("week"), trends.parts, strict=True):
        check(figures, [row for row in inside if part.first <= row[0] <= part.last])
    for figures in trends.agents:
        check(figures, [row for row in inside if row[1] == figures.label])
    assert [figures.label for figures in trends.agents] == ["Maya", "Bo"]
    for name, average, count in trends.criteria:
        values = [row[3][key] for row in inside for key, of in ((tone.id, "Tone"), (speed.id, "Speed")) if of == name
                  and key in row[3]]  # fmt: skip
        assert (average, count) == (pytest.approx(sum(values) / len(values)), len(values))
    mine = quality_trends.make_trends(ReportDefinition.read({**definition.address_values(), "assignee": str(bo.id)}))
    check(mine.total, [row for row in inside if row[1] == "Bo"])
