"""An organization, and tickets closed long ago, go whole; the others stay."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.privacy import erasure, erasure_preview, organization_erasure, retention
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests.domain.privacy.planted_words import everywhere, file, in_search


def test_the_search_forgets_an_erased_organization_and_keeps_the_others(session, make, admin):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    gone, kept = make.ticket(make.user(globex), body="sourdough"), make.ticket(make.user(initech), body="sourdough")
    tickets.add_note(gone, author=admin, body="ryebread")
    session.commit()
    assert in_search(session, "sourdough") == [gone.id, kept.id] and in_search(session, "ryebread") == [gone.id]
    organization_erasure.start_erasing_organization(globex, actor=admin)
    while organization_erasure.erase_organization_batch(session.get(Organization, globex.id))[0]:
        session.commit()
    session.commit()
    assert in_search(session, "sourdough") == [kept.id] and in_search(session, "ryebread") == []


def test_an_organization_goes_with_everything_and_the_others_stay(session, make, admin, monkeypatch):
    monkeypatch.setattr(erasure, "BATCH_SIZE", 2)
    globex, initech = make.organization("Globex", slack="CGLOBEX"), make.organization("Initech")
    ann, bill = make.user(globex), make.user(initech)
    for _ in range(5):
        ticket = make.ticket(ann, body="globex-words")
    tickets.set_status(ticket, "closed", actor=admin)
    tickets.create_follow_up(ticket, requester=ann, body="globex-words again")
    kept = make.ticket(bill, body="initech-words")
    file(session, session.scalar(select(Message).where(Message.ticket_id == ticket.id)))
    assert dict(erasure_preview.preview_organization(globex).goes)["Tickets"] == 6
    organization_erasure.start_erasing_organization(globex, actor=admin)
    session.commit()
    more, keys = True, []
    while more:
        more, some = organization_erasure.erase_organization_batch(globex)
        keys += some
        session.commit()
    assert keys == ["k" * 32]
    assert session.scalars(select(Organization.name)).all() == ["Initech"]
    assert [place for place in everywhere(session, "globex-words") if not place.startswith("ticket_search")] == []
    assert session.get(Ticket, kept.id) and session.get(User, bill.id).erased_at is None


def test_old_closed_tickets_go_only_when_the_setting_says_so(session, make, admin):
    requester = make.user(make.organization())
    old, recent, open_ = (make.ticket(requester) for _ in range(3))
    for ticket in (old, recent):
        tickets.set_status(ticket, "closed", actor=admin)
    old.closed_at = old.updated_at = clock.now() - timedelta(days=100)
    session.commit()
    assert retention.erase_expired_tickets() == (False, [])
    assert retention.count_expiring_tickets(90) == 1
    settings.set("retention_days", 90)
    retention.erase_expired_tickets()
    session.commit()
    assert sorted(session.scalars(select(Ticket.id))) == [recent.id, open_.id]
