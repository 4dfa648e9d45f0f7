"""Tags: written in one way, shown where the team looks, and changed for all tickets at once."""

import pytest
from sqlalchemy import func, select

from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.privacy import erasure
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.domain.tickets import bulk_undo, bulk_update, merging, tag_list, tag_names, tags
from helpdesk.models.delivery import Delivery
from helpdesk.models.event import Event
from helpdesk.models.tag import Tag, TicketTag
from tests.factories import find_tickets

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings():
    return {"WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def admin(make):
    return make.agent("Ada", role="admin")


def apply_all(tag_id: int, session) -> int:
    """Run the job of a tag to its end. Returns the number of batches."""
    batches = 1
    while tag_list.apply_change(tag_id):
        session.commit()
        batches += 1
    session.commit()
    return batches


@sqlite_only
def test_a_name_is_written_in_one_way(app):
    assert tag_names.split_names("Refund, #VIP;needs  Second Look,, refund\nÜBER-ärger, 返金") == (
        "refund",
        "vip",
        "needs-second-look",
        "über-ärger",
        "返金",
    )
    assert tag_names.clean_names(["ｆｕｌｌ", "-a-", "won't fix", "q3/2026"]) == ("full", "a", "won't-fix", "q3/2026")
    for wrong in ('say "hi"', "a\x00b", "<b>", "x" * 41):
        with pytest.raises(ValidationError):
            tag_names.split_names(wrong)


def test_the_team_sets_tags_and_the_timeline_cards_and_webhooks_tell(make, session, admin):
    make.channel("C0TRIAGE")
    ticket = make.ticket()
    url = "http://127.0.0.1:9/"
    webhooks.save_webhook(None, name="CRM", url=url, events=["ticket.tagged"], actor=admin)
    before = ticket.changed_at
    change = tags.change_tags(ticket, actor=admin, add=["Refund", "vip"])
    session.commit()
    assert ticket.tags == ("refund", "vip") == change.added and ticket.changed_at != before
    tags.change_tags(ticket, actor=admin, add=["vip", "late"], remove=["refund", "never-there"])
    session.commit()
    assert ticket.tags == ("late", "vip")
    events = session.scalars(select(Event).where(Event.kind == "tagged").order_by(Event.seq)).all()
    assert [event.data for event in events] == [
        {"added": ["refund", "vip"], "removed": []},
        {"added": ["late"], "removed": ["refund"]},
    ]
    assert all(event.team_only for event in events)
    sent = [row.data["payload"] for row in session.scalars(select(Delivery).where(Delivery.kind == "webhook"))]
    assert [(each["event"], each["changes"]) for each in sent] == [
        ("ticket.tagged", {"added": ["refund", "vip"], "removed": []}),
        ("ticket.tagged", {"added": ["late"], "removed": ["refund"]}),
    ]
    assert sent[1]["ticket"]["tags"] == ["late", "vip"]
    assert session.scalar(select(func.count()).select_from(Delivery).where(Delivery.kind == "card_update"))
    assert tags.set_tags(ticket, ["vip", "late"], actor=admin).event is None, "what stays as it is tells nobody"
    tags.set_tags(ticket, [], actor=admin)
    assert ticket.tags == ()


@sqlite_only
def test_a_ticket_and_the_installation_have_so_many_tags_and_no_more(make, admin, monkeypatch):
    ticket = make.ticket()
    tags.set_tags(ticket, [f"tag-{n}" for n in range(tags.MAX_TAGS)], actor=admin)
    with pytest.raises(ValidationError, match="at most 30"):
        tags.change_tags(ticket, actor=admin, add=["one-more"])
    tags.change_tags(ticket, actor=admin, add=["one-more"], remove=["tag-1"])
    monkeypatch.setattr(tags, "MAX_TAGS_IN_ALL", 31)
    with pytest.raises(ValidationError, match="31 tags already"):
        tags.change_tags(ticket, actor=admin, add=["yet-another"], remove=["tag-2"])


@sqlite_only
def test_customers_neither_set_nor_see_tags(make, session, admin):
    ticket = make.ticket()
    tags.set_tags(ticket, ["difficult"], actor=admin)
    session.commit()
    with pytest.raises(PermissionDenied):
        tags.set_tags(ticket, [], actor=ticket.requester)
    kinds = [entry.kind for entry in tickets.load_timeline(ticket, ticket.requester)]
    assert "tagged" not in kinds
    assert find_tickets(ticket.requester, "tag:difficult") == find_tickets(ticket.requester, "difficult") == []
    assert find_tickets(admin, "tag:difficult") == [ticket.id]


def test_tags_are_found_in_the_queue_and_by_searching(make, session, admin):
    requester = make.user(make.organization())
    one, two, three = (make.ticket(requester, subject=f"Printer {n}") for n in range(3))
    tags.set_tags(one, ["refund", "late"], actor=admin)
    tags.set_tags(two, ["refund"], actor=admin)
    session.commit()

    def queue(**filters):
        page = agent_queue.fetch_queue_page(admin, {"view": "all", "sort": "oldest", **filters})
        return [(row.number, row.tags) for row in page.tickets]

    assert queue() == [(one.id, ("late", "refund")), (two.id, ("refund",)), (three.id, ())]
    assert [number for number, _ in queue(tag="Refund")] == [one.id, two.id]
    assert queue(tag="nothing") == []
    assert [number for number, _ in queue(q="tag:refund printer")] == [one.id, two.id]
    assert find_tickets(admin, "tag:refund tag:late") == [one.id]
    assert sorted(find_tickets(admin, "tag:late,#Refund")) == [one.id, two.id]
    assert find_tickets(admin, "tag:late status:solved") == []
    assert sorted(find_tickets(admin, "refund")) == [one.id, two.id], "a word that is a tag"
    assert find_tickets(admin, "tag:unknown") == []


def test_a_merged_ticket_gives_its_tags(make, session, admin):
    requester = make.user(make.organization())
    one, two = make.ticket(requester), make.ticket(requester)
    tags.set_tags(one, ["refund", "vip"], actor=admin)
    tags.set_tags(two, ["vip", "late"], actor=admin)
    merging.merge_tickets(one, two, actor=admin)
    session.commit()
    assert two.tags == ("late", "refund", "vip") and one.tags == ("refund", "vip")


def test_a_tag_is_renamed_merged_and_removed_for_all_tickets(make, session, admin, monkeypatch):
    monkeypatch.setattr(tag_list, "BATCH_SIZE", 2)
    requester = make.user(make.organization())
    filed = [make.ticket(requester) for _ in range(5)]
    for ticket in filed:
        tags.set_tags(ticket, ["refnd"], actor=admin)
    tags.change_tags(filed[0], actor=admin, add=["refund"])
    session.commit()
    before = {ticket.id: ticket.changed_at for ticket in filed}
    tag = tag_list.find_by_name("refnd")
    with pytest.raises(PermissionDenied):
        tag_list.rename_tag(tag, "x", actor=make.agent())
    tag_list.rename_tag(tag, "Re Fund", actor=admin)
    session.commit()
    assert [ticket.tags for ticket in filed] == [("re-fund", "refund"), *[("re-fund",)] * 4], "at once"
    assert apply_all(tag.id, session) == 3
    assert all(ticket.changed_at > before[ticket.id] for ticket in filed), "programs read them again"
    assert not tag_list.apply_change(tag.id) and session.get(Tag, tag.id).renamed_at is None

    kept = tag_list.rename_tag(tag, "refund", actor=admin)  # a name that is taken: they are one from now on
    session.commit()
    tags.change_tags(filed[1], actor=admin, add=["re-fund"])  # meanwhile it stands for the other
    assert [row.name for row in tag_list.list_counts()] == ["refund"]
    apply_all(tag.id, session)
    assert [ticket.tags for ticket in filed] == [("refund",)] * 5
    assert tag_list.list_counts() == [(kept.id, "refund", 5, 5)] and session.get(Tag, tag.id) is None

    tag_list.remove_tag(kept, actor=admin)
    session.commit()
    with pytest.raises(ConflictError, match="being removed"):
        tags.change_tags(make.ticket(requester), actor=admin, add=["refund", "other"])
    session.rollback()
    apply_all(kept.id, session)
    assert [ticket.tags for ticket in filed] == [()] * 5
    assert not session.scalar(select(func.count()).select_from(TicketTag))


@sqlite_only
def test_several_changes_are_undone_together_unless_somebody_changed_them_since(make, session, admin):
    requester = make.user(make.organization())
    one, two = make.ticket(requester), make.ticket(requester)
    tags.set_tags(one, ["old"], actor=admin)
    numbers = [one.number, two.number]
    bulk_update.update_tickets(numbers, actor=admin, add_tags="new", remove_tags="old", bulk="b1")
    tags.change_tags(two, actor=admin, add=["later"])
    session.commit()
    assert bulk_undo.undo_changes("b1", actor=make.agent()) == 0, "somebody else's"
    assert bulk_undo.undo_changes("b1", actor=admin) == 2
    assert (one.tags, two.tags) == (("old",), ("later",))
    assert bulk_undo.undo_changes("b1", actor=admin) == 0, "only once"


@sqlite_only
def test_erasing_a_person_erases_the_tags_that_name_them(make, session, admin):
    wanda = make.user(make.organization(), "Wanda Kowalska")
    ticket = make.ticket(wanda)
    names = ["vip-wanda-kowalska", wanda.email, "wandering", "kowalska"]
    tags.set_tags(ticket, names, actor=admin)
    tags.change_tags(ticket, actor=admin, remove=["vip-wanda-kowalska"])
    session.commit()
    erasure.erase_person(wanda, actor=admin)
    session.commit()
    assert ticket.tags == ("kowalska", "wandering")
    events = session.scalars(select(Event).where(Event.kind == "tagged")).all()
    assert [event.data for event in events] == [
        {"added": ["kowalska", "wandering"], "removed": []},
        {"added": [], "removed": []},
    ]
