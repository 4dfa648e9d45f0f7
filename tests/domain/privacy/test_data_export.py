"""An export holds what its person or organization may read."""

import io
import json
import zipfile

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.errors import PermissionDenied
from helpdesk.domain.privacy import data_export
from tests.domain.privacy.planted_words import file


def test_an_export_holds_what_they_may_read_and_no_note(session, make, admin):
    ann = make.user(make.organization("Globex"), "Ann")
    ticket = make.ticket(ann, body="Words of Ann")
    tickets.add_note(ticket, author=admin, body="Not for Ann")
    message = tickets.reply(ticket, author=ann, body="More words")
    session.commit()
    file(session, message)
    for what in (
        lambda into: data_export.export_person(ann, actor=admin, into=into),
        lambda into: data_export.export_organization(ann.organization, actor=admin, into=into),
    ):
        into = io.BytesIO()
        what(into)
        archive = zipfile.ZipFile(into)
        text = "".join(archive.read(name).decode() for name in archive.namelist())
        assert "Words of Ann" in text and "More words" in text and "Not for Ann" not in text and "numbers" in text
        assert all(json.loads(archive.read(name)) is not None for name in archive.namelist() if name.endswith(".json"))
    with pytest.raises(PermissionDenied):
        data_export.export_person(ann, actor=ann, into=io.BytesIO())
