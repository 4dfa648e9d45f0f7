"""Tables of organizations and people are read as spreadsheets write them, and each line's result is exact."""

import io
import logging

import openpyxl
import pytest

from helpdesk.domain.authentication import sessions
from helpdesk.domain.errors import PermissionDenied
from helpdesk.domain.people import import_table, organization_csv_import, people_import, users
from helpdesk.models.user import User
from helpdesk.translation import use_language

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEXT = "name;domains\r\nMüller & Söhne;mueller.example\r\n"


def workbook(*rows) -> bytes:
    book, into = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(into)
    return into.getvalue()


FILES = {
    "utf-8": TEXT.encode(),
    "utf-8 with a mark": TEXT.encode("utf-8-sig"),
    "windows-1252": TEXT.encode("cp1252"),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "sep=": f"sep=;\r\n{TEXT}".encode(),
    "sep= in utf-16": f"sep=;\r\n{TEXT}".encode("utf-16"),
    "sep= with line ends of one character": f"sep=;\r{TEXT}".replace("\r\n", "\r").encode(),
    "tabs": TEXT.replace(";", "\t").encode(),
    "xlsx": workbook(["name", "domains"], ["Müller & Söhne", "mueller.example"]),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_table_is_read_as_its_spreadsheet_wrote_it(app, kind):
    text = import_table.decode_file(FILES[kind])
    (line,) = import_table.read_table(text, ("name", "domains"), "name", {})
    assert line.cells == {"name": "Müller & Söhne", "domains": "mueller.example"}
    assert line.number == (3 if kind.startswith("sep=") else 2)


@pytest.mark.parametrize(
    ("code", "charset", "name"),
    [("pl", "cp1250", "Żółć"), ("ja", "cp932", "山田①"), ("ar", "cp1256", "علي"), ("de", "cp1252", "Müller – Söhne")],
)
def test_a_table_is_read_in_the_charset_that_excel_writes_in_the_readers_language(app, code, charset, name):
    with use_language(code):
        text = import_table.decode_file(f"name,domains\n{name},x.example\n".encode(charset))
    assert import_table.read_table(text, ("name", "domains"), "name", {})[0].cells["name"] == name


def test_bytes_of_no_charset_are_question_marks(app):
    with use_language("pl"):
        assert import_table.decode_file(b"name\nM\xfcller\x81") == "name\nMüller?"


def test_empty_cells_beyond_the_header_are_no_fault(app):
    lines = import_table.read_table("name,domains\nA,a.example,, \nB,b.example,c", ("name", "domains"), "name", {})
    assert [set(line.cells) - {"name", "domains"} for line in lines] == [set(), {import_table.TOO_MANY}]


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"PK\x03\x04broken", b"\x00\x01\x02", b"\x89PNG\r\n\x1a\n\x00"])
def test_what_is_no_table_gets_a_sentence(app, raw):
    with pytest.raises(ValueError, match=r"[A-Z].*\."):
        import_table.read_table(import_table.decode_file(raw), ("name",), "name", {})


def test_a_column_that_is_there_twice_is_refused(app):
    with pytest.raises(ValueError, match="“name” is there twice"):
        import_table.read_table("name,name\nA,B", ("name",), "name", {})


def test_a_preview_is_not_logged_as_done(session, make, caplog):
    caplog.set_level(logging.INFO, logger="helpdesk.audit")
    admin = make.agent("Ada", role="admin")
    text = "name;domains\nGlobex;globex.example\nBad;not a domain"
    organization_csv_import.import_csv(text, actor=admin, dry=True)
    session.rollback()
    assert caplog.records == []
    organization_csv_import.import_csv(text, actor=admin, dry=False)
    assert caplog.records == []
    session.commit()
    assert "Globex" in caplog.text and "Bad" not in caplog.text


def rows_of(results) -> list[tuple[str, str]]:
    return [(row.kind, row.sentence) for row in results]


def test_a_changed_domain_says_what_it_adds_and_removes_and_whom_it_signs_out(make, session):
    globex = make.organization("Globex")
    dana, fay = make.user(globex, "Dana"), make.user(globex, "Fay")
    sessions.create_session(dana, "link")
    session.commit()
    text = "name,domains,portal_enabled\nGlobex,globex.test,\nglobex,other.example,\nInitech,initech.example,no\n"
    for dry in (True, True, False):
        assert rows_of(organization_csv_import.import_csv(text, actor=None, dry=dry)) == [
            (
                "change",
                "Adds the domain globex.test. Removes the domain globex.example. 2 people can no longer sign in. "
                "Signs 1 person out.",
            ),
            ("wrong", "Line 2 is about this organization already."),
            ("add", "The organization will be added. Adds the domain initech.example."),
        ]
        session.commit()
    assert fay.organization_id == globex.id
    assert [row.domain for row in globex.domains] == ["globex.test"]


PEOPLE = """email,name,organization,sees,time_zone
dana@globex.example,Dana Fields,,,Europe/Berlin
gil@gmail.com,Gil,Globex,,
known@globex.example,Known Now,,own,
KNOWN@globex.example,Twice,,,
nobody@nowhere.example,No One,,,
ed@globex.example,Ed,Atlantis,,
eve@initech.example,Eve,Globex,,
maya@support.example,Maya,Globex,,
zed@globex.example,Zed,,some,Mars/Base
"""


def test_people_are_added_and_changed_and_every_other_line_says_why_not(make, session):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    known, admin = make.user(globex, "Known", email="known@globex.example"), make.agent("Ada", role="admin")
    make.agent("Maya", email="maya@support.example")
    make.user(initech, "Eve", email="eve@initech.example")
    expected = [
        ("add", "Is added to Globex and sees all tickets there."),
        ("add", "Is added to Globex and sees only own tickets. The address is listed there, since no rule admits it."),
        ("change", "The name becomes Known Now. Sees only own tickets."),
        ("wrong", "Line 4 is about this person already."),
        ("wrong", "Name the organization: no rule of one admits this address."),
        ("wrong", "There is no organization called Atlantis."),
        ("wrong", "Eve is known already, at Initech."),
        ("wrong", "This is an address of our own. Customers have addresses of their organization."),
        ("wrong", "The column “sees” holds “all” or “own”."),
    ]
    assert rows_of(people_import.import_people(PEOPLE, actor=admin, dry=True)) == expected
    session.commit()
    assert session.query(User).count() == 4 and known.name == "Known"
    assert rows_of(people_import.import_people(PEOPLE, actor=admin, dry=False)) == expected
    session.commit()
    dana = users.find_user("dana@globex.example")
    assert (dana.name, dana.time_zone, dana.email_verified_at) == ("Dana Fields", "Europe/Berlin", None)
    again = people_import.import_people(PEOPLE, actor=admin, dry=False)
    assert [row.kind for row in again[:3]] == ["same", "same", "same"]
    with pytest.raises(PermissionDenied):
        people_import.import_people(PEOPLE, actor=make.agent(), dry=True)


@pytest.mark.parametrize(("place", "value"), [(6, 1), (8, 99)], ids=["a password", "an unknown compression"])
def test_a_workbook_that_cannot_be_read_is_said_to_be(database_url, place, value):
    raw = bytearray(workbook(["name", "domains"]))
    start = 0
    while (start := raw.find(b"PK\x03\x04", start)) >= 0:
        raw[start + place] = value
        start += 4
    start = 0
    while (start := raw.find(b"PK\x01\x02", start)) >= 0:
        raw[start + place + 2] = value
        start += 4
    with pytest.raises(ValueError, match="cannot be read"):
        import_table.decode_file(bytes(raw))
