"""What answers a form takes, stores and shows."""

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from helpdesk.domain import forms, tickets
from helpdesk.domain.errors import PermissionDenied, ValidationError
from helpdesk.models.event import Event
from helpdesk.models.form import Answer


def read(version, asker, for_team=False, **given):
    values = MultiDict(
        (f"field-{key}", text)
        for key, texts in given.items()
        for text in (texts if isinstance(texts, list) else [texts])
    )
    return forms.parse_answers(version, values, for_team, asker=asker)


@pytest.mark.parametrize(
    ("kind", "texts", "value"),
    [
        ("short_text", ["  a   b\n c "], "a b c"),
        ("long_text", [" a\r\nb "], "a\nb"),
        ("number", ["12"], 12),
        ("number", ["-3,5"], -3.5),
        ("number", ["0"], 0),
        ("date", ["2026-05-14"], "2026-05-14"),
        ("select", ["red"], "red"),
        ("multi_select", ["blue", "red", "red"], ["red", "blue"]),
        ("checkbox", ["yes"], True),
        ("checkbox", ["no"], None),
        ("url", ["https://example.com/a?b=c"], "https://example.com/a?b=c"),
        ("short_text", ["\x00"], None),
    ],
)
def test_each_kind_reads_what_was_typed(make, dana, kind, texts, value):
    version = make.form(fields=({"key": "x", "kind": kind, "options": ["red", "blue"]},))
    answers, errors = read(version, dana, x=texts)
    assert errors == {}
    assert answers == ({} if value is None else {"x": value})


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("short_text", "x" * 501),
        ("long_text", "x" * 10_001),
        ("number", "twelve"),
        ("number", "1e999"),
        ("number", "nan"),
        ("number", "٣x"),
        ("date", "14.05.2026"),
        ("date", "2026-02-30"),
        ("date", "0001-01-01"),
        ("select", "green"),
        ("multi_select", "green"),
        ("person", "999999"),
        ("person", "dana"),
        ("url", "javascript:alert(1)"),
        ("url", "https://"),
        ("url", "http://[::1"),
        ("url", 'https://a.example/"onx'),
        ("file", "no-such-file"),
    ],
)
def test_what_cannot_be_an_answer_gets_a_sentence(make, dana, kind, text):
    version = make.form(fields=({"key": "x", "kind": kind, "options": ["red", "blue"], "label": "Colour"},))
    answers, errors = read(version, dana, x=text)
    assert answers == {} and list(errors) == ["field-x"]
    assert errors["field-x"].endswith(".")


@pytest.mark.parametrize(
    "kind", ["short_text", "number", "select", "multi_select", "checkbox", "person", "file", "date", "url"]
)
def test_a_required_field_left_empty_gets_a_sentence_that_names_it(make, dana, kind):
    version = make.form(fields=({"key": "x", "kind": kind, "options": ["red"], "label": "Colour", "required": True},))
    answers, errors = read(version, dana, x="  ")
    assert answers == {} and "Colour" in errors["field-x"]


def test_customers_answer_only_what_they_are_asked(make, dana):
    version = make.form(
        fields=(
            {"key": "hidden", "team_only": True},
            {"key": "locked", "customer_fills": False, "default": "standard"},
            {"key": "needed", "team_only": True, "required": True},
        )
    )
    answers, errors = read(version, dana, hidden="forged", locked="forged", needed="forged")
    assert (answers, errors) == ({"locked": "standard"}, {})
    answers, errors = read(version, make.agent(), for_team=True, hidden="said", locked="said", needed="said")
    assert answers == {"hidden": "said", "locked": "said", "needed": "said"}


CONDITIONAL = (
    {"key": "what", "kind": "select", "options": ["printer", "laptop"]},
    {"key": "serial", "required": True, "shown_if_key": "what", "shown_if_value": "printer"},
    {"key": "since", "kind": "date", "required": True, "shown_if_key": "serial"},
)


def test_a_condition_is_checked_on_the_server(make, dana):
    version = make.form(fields=CONDITIONAL)
    assert read(version, dana, what="laptop", serial="forged", since="2026-01-01") == ({"what": "laptop"}, {})
    answers, errors = read(version, dana, what="printer")
    assert list(errors) == ["field-serial"], "what depends on the missing answer is not asked either"
    answers, errors = read(version, dana, what="printer", serial="X1")
    assert list(errors) == ["field-since"]
    answers, errors = read(version, dana, what="printer", serial="X1", since="2026-01-01")
    assert errors == {} and answers == {"what": "printer", "serial": "X1", "since": "2026-01-01"}


def test_a_condition_understands_ticks_and_several_answers(make, dana):
    version = make.form(
        fields=(
            {"key": "urgent", "kind": "checkbox"},
            {"key": "why", "shown_if_key": "urgent", "shown_if_value": "yes"},
            {"key": "where", "kind": "multi_select", "options": ["home", "office"]},
            {"key": "storey", "shown_if_key": "where", "shown_if_value": "office"},
        )
    )
    assert read(version, dana, why="a", storey="b")[0] == {}
    answers, _ = read(version, dana, urgent="yes", why="a", where=["home", "office"], storey="b")
    assert answers == {"urgent": True, "why": "a", "where": ["home", "office"], "storey": "b"}


def test_a_person_is_a_colleague_and_nobody_else(make, dana):
    version = make.form(fields=({"key": "who", "kind": "person"},))
    colleague = make.user(dana.organization, "Kim Colleague")
    other_customer = make.user(make.organization(), "Stranger")
    assert read(version, dana, who=str(colleague.id)) == ({"who": colleague.id}, {})
    for other in (other_customer, make.agent()):
        assert list(read(version, dana, who=str(other.id))[1]) == ["field-who"]
    own = make.user(dana.organization, ticket_visibility="own")
    assert forms.selectable_people(own) == [(own.id, own.display_name)]


def test_answers_are_kept_with_the_words_people_read(session, make, dana):
    version = make.form(
        fields=(
            {"key": "who", "kind": "person"},
            {"key": "ok", "kind": "checkbox"},
            {"key": "many", "kind": "multi_select", "options": ["a", "b"]},
            {"key": "n", "kind": "number"},
        )
    )
    answers, _ = read(version, dana, who=str(dana.id), ok="yes", many=["a", "b"], n="0")
    ticket = make.ticket(dana, form=version, answers=answers)
    kept = {
        answer.field.key: (answer.value, answer.text)
        for answer in session.scalars(select(Answer).where(Answer.ticket_id == ticket.id))
    }
    assert kept == {
        "who": (dana.id, "Dana Kim"),
        "ok": (True, "Yes"),
        "many": (["a", "b"], "a, b"),
        "n": (0, "0"),
    }


def test_the_team_changes_an_answer_and_the_timeline_says_so(session, make, dana):
    version = make.form(
        fields=(
            {"key": "serial", "label": "Serial number"},
            {"key": "n", "kind": "number", "team_only": True},
        )
    )
    ticket = make.ticket(dana, form=version, answers={"serial": "X1"})
    agent = make.agent("Maya")
    serial, n = version.fields
    tickets.change_answer(ticket, serial, ["X2"], agent)
    tickets.change_answer(ticket, n, ["5"], agent)
    session.commit()
    events = {
        event.data["label"]: (event.data["new"], event.team_only)
        for event in session.scalars(select(Event).where(Event.kind == "answered"))
    }
    assert events == {"Serial number": ("X2", False), "N": ("5", True)}
    assert tickets.change_answer(ticket, serial, ["X2"], agent).text == "X2"
    assert tickets.change_answer(ticket, serial, [""], agent) is None
    session.commit()
    assert session.scalar(select(Answer).where(Answer.field_id == serial.id)) is None
    with pytest.raises(ValidationError):
        tickets.change_answer(ticket, n, ["many"], agent)
    with pytest.raises(PermissionDenied):
        tickets.change_answer(ticket, serial, ["X3"], dana)
    other = make.form("other", fields=({"key": "z"},))
    with pytest.raises(ValidationError):
        tickets.change_answer(ticket, other.fields[0], ["z"], agent)
