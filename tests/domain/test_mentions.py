"""Whom a note names with an @ is notified, in any way to write the name."""

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.notifications import events
from helpdesk.models.notification import Notification

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_who_is_mentioned_by_an_edit_is_notified_once(session, make):
    maya, jonas = make.agent("Maya Lind"), make.agent("Jonas Park")
    ticket = make.ticket(make.user(make.organization("Globex")))
    note = tickets.add_note(ticket, author=jonas, body="Look at this")
    for body in ("Look at this, @Maya Lind", "Look at this please, @Maya Lind"):
        tickets.edit_message(note, body=body, editor=jonas)
    session.commit()
    found = session.scalars(select(Notification).where(Notification.kind == "mention")).all()
    assert [each.user_id for each in found] == [maya.id]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("Tomás Herrera", "please, @Tomas"),
        ("Tomás Herrera", "@TOMÁS!"),
        ("Zoë Wit", "@Zoe Wit, look"),
        ("Łukasz Nowak", "@lukasz"),
        ("İbrahim Kaya", "@ibrahim"),
        ("Jürgen Müller", "@Juergen Mueller"),
        ("Jürgen Müller", "@jürgen  müller"),
        ("Anne-Marie Roy", "@Anne Marie"),
        ("髙橋 太郎", "@高橋さん"),
        ("ΑΝΤΩΝΗΣ", "@Αντώνης,"),
    ],
)
def test_somebody_is_mentioned_in_any_way_to_write_the_name(make, name, body):
    named = make.agent(name)
    make.agent("Tomasz Other")
    assert events.find_mentioned(body) == [named]
    assert events.find_mentioned(f"x{body.partition('@')[2]} a@{body.partition('@')[2]} @ {name}") == []


def test_two_of_one_first_name_are_mentioned_by_their_whole_names_only(make):
    jose, other = make.agent("José Pardo"), make.agent("Jose Blanco")
    assert events.find_mentioned("@Jose @José") == []
    assert events.find_mentioned("@Jose Pardo") == [jose]
    assert events.find_mentioned("@jose blanco") == [other]


def test_somebody_is_mentioned_by_a_name_without_spaces(make):
    maya, taro = make.agent("Maya Lind"), make.agent("田中太郎")
    assert events.find_mentioned("これは＠田中太郎さんへ") == [taro]
    assert events.find_mentioned("@maya見てください") == [maya]
