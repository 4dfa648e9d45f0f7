"""What only the team sees must not reach customers by a side way (security.md §2.1)."""

from io import BytesIO

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from helpdesk.domain import files, forms, tickets
from helpdesk.models.tickets import Attachment, Kind, Message


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim")


@pytest.fixture
def maya(make):
    return make.agent("Maya Lind")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_in_a_field_only_the_team_sees_lies_on_a_note(make, session, dana, maya):
    """An agent files for a customer, with a contract in a field of the team's and a picture in one of the customer's."""
    form = make.form(
        fields=(
            {"key": "contract", "kind": "file", "team_only": True},
            {"key": "picture", "kind": "file"},
        )
    )
    contract = files.keep(BytesIO(b"secret terms"), "terms.txt", "text/plain", maya)
    picture = files.keep(BytesIO(b"picture"), "picture.txt", "text/plain", maya)
    given = MultiDict({"field-contract": contract.key, "field-picture": picture.key})
    answers, errors = forms.read_answers(form, given, True, asker=maya, organization_id=dana.organization_id)
    assert errors == {}
    drafts = files.claim_drafts(forms.file_keys(form, answers), maya)
    ticket = tickets.file(
        requester=dana,
        filed_by=maya,
        subject="New office",
        body="As agreed.",
        form=form,
        answers=answers,
        attachments=drafts,
    )
    session.commit()

    assert files.find(dana, picture.key) is not None
    assert files.find(dana, contract.key) is None
    assert files.find(maya, contract.key) is not None
    kinds = dict(session.execute(select(Attachment.name, Message.kind).join(Message)).all())
    assert kinds == {"picture.txt": Kind.reply, "terms.txt": Kind.note}
    shown = [file.name for message in tickets.timeline(ticket, dana) for file in getattr(message, "attachments", ())]
    assert shown == ["picture.txt"]
