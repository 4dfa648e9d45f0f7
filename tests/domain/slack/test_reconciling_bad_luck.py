"""The reconciler while Slack answers badly: one thread that cannot be read keeps no other from being compared."""

from helpdesk import clock
from helpdesk.demo import cast
from helpdesk.domain import reconciling
from helpdesk.models.channels import Channel
from helpdesk.models.tickets import Message
from tests import outside
from tests.domain.slack.conftest import PRIYA


def test_a_thread_that_cannot_be_read_keeps_no_other_waiting(story, day, session, make):
    other = make.ticket(story.requester, subject="Another one")
    outside.drain(session)
    roots = [message["ts"] for message in day.workspace.posted(cast.TRIAGE)]
    day.workspace.event_faults(lost=1)
    for number, root in enumerate(roots):
        day.workspace.say(PRIYA, cast.TRIAGE, f"missed {number}", thread_ts=root)
    day.workspace.event_faults()
    for channel in session.query(Channel):
        channel.reconciled_at = None if channel.external_id == cast.TRIAGE else clock.now()
    session.commit()
    day.workspace.misbehave("conversations.replies", "500_before", times=1)
    outside.work(lambda _: reconciling.reconcile(), 0)
    outside.drain(session)
    missed = session.query(Message.body).filter(Message.ticket_id.in_((story.id, other.id)), Message.body.startswith("missed"))
    assert missed.count() == 1
