"""Team-only data does not reach customers through files, search, mail or Slack."""

from io import BytesIO

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from helpdesk.domain import forms, tickets
from helpdesk.domain.tickets import attachments
from helpdesk.models.attachment import Attachment
from helpdesk.models.message import Message, MessageKind


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim")


@pytest.fixture
def maya(make):
    return make.agent("Maya Lind")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_file_of_a_team_only_field_is_attached_to_a_note(make, session, dana, maya):
    """An agent files for a customer, with one file in a team-only field and one in a customer field."""
    form = make.form(
        fields=(
            {"key": "contract", "kind": "file", "team_only": True},
            {"key": "picture", "kind": "file"},
        )
    )
    contract = attachments.store_upload(BytesIO(b"secret terms"), "terms.txt", "text/plain", maya)
    picture = attachments.store_upload(BytesIO(b"picture"), "picture.txt", "text/plain", maya)
    given = MultiDict({"field-contract": contract.key, "field-picture": picture.key})
    answers, errors = forms.parse_answers(form, given, True, asker=maya, organization_id=dana.organization_id)
    assert errors == {}
    drafts = attachments.attach_uploads(forms.answer_file_keys(form, answers), maya)
    ticket = tickets.create_ticket(
        requester=dana,
        filed_by=maya,
        subject="New office",
        body="As agreed.",
        form=form,
        answers=answers,
        attachments=drafts,
    )
    session.commit()

    assert attachments.find_attachment(dana, picture.key) is not None
    assert attachments.find_attachment(dana, contract.key) is None
    assert attachments.find_attachment(maya, contract.key) is not None
    kinds = dict(session.execute(select(Attachment.name, Message.kind).join(Message)).all())
    assert kinds == {"picture.txt": MessageKind.reply, "terms.txt": MessageKind.note}
    shown = [
        file.name for message in tickets.load_timeline(ticket, dana) for file in getattr(message, "attachments", ())
    ]
    assert shown == ["picture.txt"]
