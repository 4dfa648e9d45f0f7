"""Each kind of notification reaches whom it concerns, where they chose it, once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.notifications import choices, digests, events, inbox, sentences
from helpdesk.domain.people import preferences
from helpdesk.domain.reporting import qa_reviews
from helpdesk.domain.rules import definition, management
from helpdesk.domain.sla import timers
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.notification import Notification, NotificationKind
from helpdesk.models.sla import SlaPolicy
from tests import worker_helpers
from tests.domain import mail_samples

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVERYWHERE = {str(kind): {"inbox", "mail"} for kind in choices.KIND_LABELS}


@pytest.fixture(name="settings")
def environment(workspace, mailbox):
    return mail_samples.settings(workspace, mailbox)


@pytest.fixture
def maya(make):
    return make.agent("Maya Lind", email="maya@support.example")


@pytest.fixture
def jonas(make):
    return make.agent("Jonas Park", role="lead", email="jonas@support.example")


@pytest.fixture
def ticket(make):
    return make.ticket(make.user(make.organization("Globex"), "Dana Fields"), subject="Smoke")


def sentences_for(session, user) -> list[str]:
    session.commit()
    session.expire_all()
    query = select(Notification).where(Notification.user_id == user.id).order_by(Notification.id)
    return [sentences.describe(each) for each in session.scalars(query)]


def let_pass(session, seconds):
    worker_helpers.advance_time(session, seconds)
    worker_helpers.drain(session)


def assigned(ticket, maya, jonas, session):
    tickets.assign(ticket, maya, actor=jonas)
    return "Jonas Park assigned #{} to you"


def mention(ticket, maya, jonas, session):
    tickets.add_note(ticket, author=jonas, body="@Maya Lind, please look")
    return "Jonas Park mentioned you on #{}"


def reply(ticket, maya, jonas, session):
    tickets.assign(ticket, maya, actor=maya)
    tickets.reply(ticket, author=ticket.requester, body="Still smoking")
    return "Dana Fields replied on #{}"


def reply_on_followed(ticket, maya, jonas, session):
    tickets.add_follower(ticket, maya, actor=maya)
    tickets.reply(ticket, author=jonas, body="Looking")
    return "Jonas Park replied on #{}"


def unassigned_urgent(ticket, maya, jonas, session):
    tickets.set_priority(ticket, "urgent", actor=jonas)
    return "#{} is urgent, and nobody has it"


def run_out(ticket, maya, session, seconds):
    session.add(SlaPolicy(priority=ticket.priority, first_response=60, resolution=None))
    tickets.assign(ticket, maya, actor=maya)
    timers.recalculate()
    session.commit()
    worker_helpers.advance_time(session, seconds)
    timers.notify_due_soon()


def sla_at_risk(ticket, maya, jonas, session):
    run_out(ticket, maya, session, 50 * 60)
    return "The first response of #{} is due soon"


def sla_breached(ticket, maya, jonas, session):
    run_out(ticket, maya, session, 61 * 60)
    return "The first response of #{} is overdue"


def review(ticket, maya, jonas, session):
    tickets.assign(ticket, maya, actor=maya)
    tickets.solve(ticket, actor=maya)
    qa_reviews.save_review(ticket, reviewer=jonas, rating="good", comment="Well done")
    return "Jonas Park reviewed your work on #{}"


def review_answer(ticket, maya, jonas, session):
    tickets.assign(ticket, jonas, actor=jonas)
    tickets.solve(ticket, actor=jonas)
    maya.role = "lead"
    qa_reviews.save_review(ticket, reviewer=maya, rating="good", comment="Well done")
    qa_reviews.answer_review(ticket, "Thank you", agent=jonas)
    return "Jonas Park answered your review of #{}"


def delivery_failed(ticket, maya, jonas, session):
    message = tickets.reply(ticket, author=maya, body="Coming")
    failed = session.scalars(select(Delivery).where(Delivery.message_id == message.id)).first()
    events.on_delivery_failed(failed, "The address does not exist.")
    return "A message on #{} did not arrive"


def unmatched_mail(ticket, maya, jonas, session):
    events.on_unmatched_mail(None)
    return "An email matches no ticket"


def rule(ticket, maya, jonas, session):
    wanted = definition.Actions(notify=(maya.id,))
    conditions = definition.Conditions(statuses=("pending",))
    values = {"name": "Waiting", "trigger": "changed", "idle_hours": None, "conditions": conditions, "wanted": wanted}
    management.switch_rule(management.save_rule(None, **values, actor=jonas), True, actor=jonas)
    session.commit()
    tickets.set_status(ticket, "pending", actor=jonas)
    return "#{}: the rule “Waiting” tells you"


CAUSES = [
    assigned,
    mention,
    reply,
    reply_on_followed,
    unassigned_urgent,
    sla_at_risk,
    sla_breached,
    review,
    review_answer,
    delivery_failed,
    unmatched_mail,
    rule,
]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_each_kind_is_listed_and_mailed_once_and_not_where_it_is_not_wanted(
    ticket, maya, jonas, make, session, mailbox, cause
):
    choices.save_channels(maya, EVERYWHERE, "soon")
    off = make.agent("Otto Off", email="otto@support.example")
    choices.save_channels(off, {}, "soon")
    session.commit()
    expected = cause(ticket, maya, jonas, session).format(ticket.number)
    assert sentences_for(session, maya) == [expected]
    assert sentences_for(session, off) == []
    assert [row.read_at for row in inbox.list_notifications(maya).notifications] == [None]
    let_pass(session, 130)
    [mail] = [mail for mail in mailbox.list_for("maya@support.example") if expected in mail.message["Subject"]]
    assert "Smoke" in mail.text or cause is unmatched_mail
    assert not mailbox.list_for("otto@support.example")


def test_every_kind_of_a_ticket_has_a_cause_above(session):
    of_no_ticket = {NotificationKind.sign_in_connection}  # test_connection_watch.py
    assert set(NotificationKind) - of_no_ticket == {cause.__name__.removesuffix("_on_followed") for cause in CAUSES}


def test_an_urgent_ticket_that_its_assignee_leaves_is_one_that_nobody_has(ticket, maya, jonas, session):
    tickets.assign(ticket, jonas, actor=jonas)
    tickets.set_priority(ticket, "urgent", actor=jonas)
    assert sentences_for(session, maya) == []
    tickets.assign(ticket, None, actor=jonas)
    assert sentences_for(session, maya) == [f"#{ticket.number} is urgent, and nobody has it"]


def test_nobody_is_notified_of_what_they_did_themselves(ticket, maya, session):
    tickets.assign(ticket, maya, actor=maya)
    tickets.reply(ticket, author=maya, body="Mine")
    tickets.add_note(ticket, author=maya, body="@Maya Lind")
    assert sentences_for(session, maya) == []


def test_what_was_read_on_the_page_is_not_mailed(ticket, maya, jonas, session, mailbox):
    assigned(ticket, maya, jonas, session)
    session.commit()
    assert inbox.mark_read(maya.id, ticket_id=ticket.id) == 1
    session.commit()
    let_pass(session, 130)
    assert not mailbox.list_for("maya@support.example")
    assert session.scalar(select(Delivery.state).where(Delivery.kind == DeliveryKind.notification)) == "cancelled"


def test_a_reply_that_was_taken_back_tells_nobody(ticket, maya, jonas, session, mailbox):
    choices.save_channels(maya, EVERYWHERE, "soon")
    tickets.add_follower(ticket, maya, actor=maya)
    message = tickets.reply(ticket, author=jonas, body="Wrong", release_at=tickets.window_end())
    session.commit()
    assert sentences_for(session, maya) == ["Jonas Park replied on #1"]
    tickets.take_back_reply(message, editor=jonas)
    assert sentences_for(session, maya) == []
    assert not session.scalar(select(Delivery.id).where(Delivery.kind == DeliveryKind.notification))


@pytest.mark.parametrize(("rhythm", "seconds"), [("hourly", 3700), ("daily", 25 * 3600)])
def test_all_of_an_hour_or_a_day_come_in_one_mail(ticket, maya, jonas, make, session, mailbox, rhythm, seconds):
    choices.save_channels(maya, EVERYWHERE, rhythm)
    other = make.ticket(ticket.requester, subject="Flames")
    for each in (ticket, other):
        assigned(each, maya, jonas, session)
    mention(ticket, maya, jonas, session)
    session.commit()
    inbox.mark_read(maya.id, ticket_id=other.id)
    session.commit()
    let_pass(session, 300)
    assert digests.send_due_digests() == 0 and not mailbox.list_for("maya@support.example")
    session.commit()
    let_pass(session, seconds)
    if rhythm == "daily":
        while digests.clock.now().hour < digests.DAILY_HOUR:
            worker_helpers.advance_time(session, 3600)
    assert (digests.send_due_digests(), digests.send_due_digests()) == (1, 0)
    session.commit()
    let_pass(session, 1)
    [mail] = mailbox.list_for("maya@support.example")
    assert "2 notifications" in mail.message["Subject"] and "Flames" not in mail.text
    assert "assigned #1 to you" in mail.text and "mentioned you on #1" in mail.text


def test_quiet_hours_hold_mails_and_no_digest_leaves_in_them(ticket, maya, jonas, session, mailbox):
    now = digests.clock.now()
    maya.time_zone = "UTC"
    preferences.save_notifications(
        maya, where="off", quiet_from=f"{now:%H:%M}", quiet_until=f"{(now.hour + 2) % 24:02}:{now:%M}"
    )
    assigned(ticket, maya, jonas, session)
    session.commit()
    let_pass(session, 3600)
    assert not mailbox.list_for("maya@support.example")
    let_pass(session, 3700)
    assert len(mailbox.list_for("maya@support.example")) == 1


def test_quiet_hours_across_midnight_end_on_the_persons_clock(maya):
    maya.time_zone, maya.quiet_from, maya.quiet_until = "Europe/Berlin", 22 * 60, 7 * 60
    for now, end in (
        ("2026-03-28T22:30", "2026-03-29T05:00"),  # in summer time it is 07:00 an hour earlier
        ("2026-10-24T21:30", "2026-10-25T06:00"),
        ("2026-06-10T20:00", "2026-06-11T05:00"),
        ("2026-06-11T04:59", "2026-06-11T05:00"),
        ("2026-06-11T05:00", None),
    ):
        until = choices.quiet_until(maya, datetime.fromisoformat(now).replace(tzinfo=UTC))
        assert until == (datetime.fromisoformat(end).replace(tzinfo=UTC) if end else None), now


def test_defaults_are_kind_and_a_linked_chat_replaces_the_mail(make, jonas, maya):
    assert "mail" in choices.channels_for(maya, NotificationKind.assigned)
    assert choices.channels_for(maya, NotificationKind.unmatched_mail) == set()
    assert "inbox" in choices.channels_for(jonas, NotificationKind.unmatched_mail)
    maya.slack_user_id = "U0MAYA0001"
    assert choices.channels_for(maya, NotificationKind.assigned) == {"inbox", "browser", "chat"}
    maya.chat_notifications = "off"
    assert "chat" not in choices.channels_for(maya, NotificationKind.assigned)


def test_an_erased_person_is_no_longer_named(ticket, maya, make, session):
    from helpdesk.domain.privacy import erasure

    tickets.assign(ticket, maya, actor=maya)
    tickets.reply(ticket, author=ticket.requester, body="Still")
    session.commit()
    erasure.erase_person(ticket.requester, actor=make.agent(role="admin"))
    assert sentences_for(session, maya) == ["Erased person replied on #1"]
