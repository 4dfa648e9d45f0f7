"""A merge is undone for a day: status, followers and tags are as they were."""

from datetime import datetime, timedelta

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import merge_undo, merging, tags
from tests.factories import signed_in_client
from tests.web import page_forms


@pytest.fixture
def merged(make, session):
    globex, maya = make.organization(), make.agent("Maya")
    ann, bo, cy = make.user(globex, ticket_visibility="own"), make.user(globex), make.user(globex)
    source, target = make.ticket(ann), make.ticket(bo)
    tickets.add_follower(source, cy, actor=maya)
    tickets.add_follower(target, cy, actor=maya)
    tickets.set_status(source, "pending", actor=maya)
    tags.change_tags(source, add=["lift", "broken"], actor=maya)
    tags.change_tags(target, add=["lift"], actor=maya)
    merging.merge_tickets(source, target, actor=maya)
    session.commit()
    return source, target, maya, ann, cy


def test_everything_is_as_it_was(session, merged):
    source, target, maya, ann, cy = merged
    assert permissions.can_see(ann, target) and target.tags == ("broken", "lift")
    waiting_since = datetime.fromisoformat(merge_undo.find_merge(source).data["turn_since"])
    assert waiting_since < source.turn_since
    assert merge_undo.undo_merge(source, actor=maya) == target
    session.commit()
    session.refresh(source)
    assert (source.status, source.closed_at, source.merged_into_id) == ("pending", None, None)
    assert source.turn_since == waiting_since
    assert not permissions.can_see(ann, target) and permissions.is_follower(cy, target)
    session.refresh(target)
    assert target.tags == ("lift",) and source.tags == ("broken", "lift")
    reply = tickets.reply(source, author=ann, body="Still broken")
    assert reply.ticket_id == source.id and source.status == "open"
    merging.merge_tickets(source, target, actor=maya)  # and again
    merge_undo.undo_merge(source, actor=maya)
    assert source.status == "open"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_the_team_and_only_within_a_day(session, merged):
    source, target, maya, ann, cy = merged
    with pytest.raises(PermissionDenied):
        merge_undo.undo_merge(source, actor=ann)
    merge_undo.find_merge(source).created_at -= timedelta(days=1, minutes=1)
    session.commit()
    with pytest.raises(ConflictError):
        merge_undo.undo_merge(source, actor=maya)
    with pytest.raises(ConflictError):
        merge_undo.undo_merge(target, actor=maya)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_button_is_on_the_merged_ticket(app, session, merged):
    source, target, maya, ann, cy = merged
    client, path = signed_in_client(app, maya), f"/tickets/{source.id}"
    form = next(f for f in page_forms.forms_of(page_forms.parse(client.get(path)), path) if f.action.endswith("undo"))
    values = {control.name: control.values[0] for control in form.controls if control.values}
    assert page_forms.submit(client, form, values).status_code == 303
    session.refresh(source)
    assert source.merged_into_id is None
    assert f'undid the merge with <a href="/tickets/{target.id}">' in client.get(path).text
