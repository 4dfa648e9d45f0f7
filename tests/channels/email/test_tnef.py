"""The files that Outlook packs into winmail.dat stand beside the text of its mail."""

import struct

import pytest

from helpdesk.channels.email.parse import tnef
from tests.channels.email.test_mail_parts import multipart, parsed, part

FILE, TITLE, DATA, PROPERTIES, MESSAGE = 0x9002, 0x8010, 0x800F, 0x9005, 0x9003


def attribute(number, value, level=2):
    return struct.pack("<BHHI", level, number, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def texts(**values):
    """Properties of MAPI: the first one a number, one with a name of its own, then these texts."""
    found = [
        struct.pack("<HHI", 3, 0x3705, 1),
        struct.pack("<HH", 3, 0x8001) + bytes(16) + struct.pack("<III", 1, 4, 7),
    ]
    found[1] = (
        struct.pack("<HH", 3, 0x8001) + bytes(16) + struct.pack("<II", 1, 6) + b"a\0b\0\0\0\0\0" + struct.pack("<I", 7)
    )
    for number, value in values.items():
        data = value.encode("utf-16-le") + b"\0\0" if isinstance(value, str) else value
        kind = 0x1F if isinstance(value, str) else 0x102
        head = struct.pack("<HHII", kind, int(number[1:], 16), 1, len(data))
        found.append(head + data + bytes(-len(data) % 4))
    return struct.pack("<I", len(found)) + b"".join(found)


def winmail(*attributes):
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


PLAN = (attribute(FILE, bytes(14)), attribute(TITLE, b"PLAN~1.PDF\0"), attribute(DATA, b"%PDF-1"))
LONG_NAME = attribute(PROPERTIES, texts(_3707="Plän für Ännchen.pdf", _370e="application/pdf"))
SECOND = (attribute(FILE, bytes(14)), attribute(TITLE, b"b.txt\0"), attribute(DATA, b"words"))


def test_the_files_are_attachments_and_winmail_dat_is_decoration():
    packed = part("application/ms-tnef; name=winmail.dat", winmail(*PLAN, LONG_NAME, *SECOND))
    mail = parsed(multipart("mixed", part("text/plain", "See the plan"), packed))
    assert mail.body == "See the plan"
    assert [(file.name, file.content, file.is_decoration) for file in mail.files[1:]] == [
        ("Plän für Ännchen.pdf", b"%PDF-1", False),
        ("b.txt", b"words", False),
    ]
    assert (mail.files[0].name, mail.files[0].is_decoration) == ("winmail.dat", True)


@pytest.mark.parametrize("body", [{"_1000": "It fails, sée"}, {"_1013": "<p>It fails, sée</p>".encode()}])
def test_a_mail_that_is_nothing_else_has_its_text(body):
    mail = parsed(part("application/ms-tnef", winmail(attribute(MESSAGE, texts(**body), level=1), *SECOND)))
    assert (mail.body, [file.name for file in mail.files]) == ("It fails, sée", ["winmail.dat", "b.txt"])


def test_what_cannot_be_read_stays_one_file():
    whole = winmail(*PLAN, LONG_NAME, *SECOND)
    for broken in (b"", b"x" * 40, whole[:30], whole[:6] + b"\xff" * 80, b"\0" + whole):
        mail = parsed(multipart("mixed", part("text/plain", "See"), part("application/ms-tnef", broken)))
        assert [(file.name, file.is_decoration) for file in mail.files] == [("winmail.dat", False)]
    assert [file.name for file in tnef.read_tnef(whole[:-20]).files] == ["Plän für Ännchen.pdf"]
    endless = struct.pack("<IHHI", 2**32 - 1, 0x1003, 1, 2**32 - 1)
    assert tnef.read_tnef(winmail(attribute(FILE, b""), attribute(PROPERTIES, endless))).files == []


def test_several_numbers_in_one_property_are_passed_over():
    numbers = struct.pack("<HHIIII", 0x1003, 0x3705, 3, 1, 2, 3)
    name = "plan.pdf".encode("utf-16-le") + b"\0\0"
    named = struct.pack("<HHII", 0x1F, 0x3707, 1, len(name)) + name + bytes(-len(name) % 4)
    several = attribute(PROPERTIES, struct.pack("<I", 2) + numbers + named)
    packed = tnef.read_tnef(winmail(*PLAN, several))
    assert [file.name for file in packed.files] == ["plan.pdf"]
    # As many as the file could hold by its length: read in one step, not one by one.
    endless = attribute(PROPERTIES, struct.pack("<IHHI", 2, 0x1003, 0x3705, 500) + bytes(600))
    assert [file.name for file in tnef.read_tnef(winmail(*PLAN, endless)).files] == ["PLAN~1.PDF"]
