"""Forms: what answers are taken, and how admins build them."""

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from helpdesk.domain import forms, tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.forms import builder, diff, validation
from helpdesk.models.event import Event
from helpdesk.models.form import Answer


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim")


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
        ("number", "٣"),
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


@pytest.fixture
def admin(make):
    return make.agent("Ada", role="admin")


def test_a_form_is_built_published_and_filled(session, make, dana, admin):
    form = builder.create_form("Hardware & co", admin, description="Things one can touch")
    version = builder.get_or_create_draft(form)
    what = builder.add_field(
        version,
        admin,
        kind="select",
        label="What is it?",
        options=["Printer", " ", "Laptop", "Printer"],
        required=True,
    )
    builder.add_field(
        version,
        admin,
        kind="short_text",
        label="What is it?",
        shown_if_key=what.key,
        shown_if_value="Printer",
    )
    session.commit()
    assert form.slug == "hardware-co" and [field.key for field in version.fields] == [
        "what_is_it",
        "what_is_it_2",
    ]
    assert what.options == ["Printer", "Laptop"]
    assert forms.published(dana.organization_id) == [], "a draft is nobody's yet"
    builder.publish_form(form, admin)
    session.commit()
    assert [version.form.name for version in forms.published(dana.organization_id)] == ["Hardware & co"]


def test_an_edit_makes_the_next_version_and_tickets_keep_theirs(session, make, dana, admin):
    form = builder.create_form("Hardware", admin)
    field = builder.add_field(builder.get_or_create_draft(form), admin, kind="short_text", label="Serial")
    first = builder.publish_form(form, admin)
    session.commit()
    ticket = make.ticket(dana, form=first, answers={"serial": "X1"})
    with pytest.raises(ConflictError):
        builder.update_field(field, admin, kind="number", label="Serial")
    draft = builder.get_or_create_draft(form)
    assert builder.get_or_create_draft(form) is draft and draft.number == 2
    builder.update_field(draft.fields[0], admin, kind="number", label="Serial number", required=True)
    builder.add_field(draft, admin, kind="date", label="Bought")
    session.commit()
    assert diff.describe_changes(first, draft) == [
        "Adds “Bought” (Date).",
        "Renames “Serial” to “Serial number”.",
        "“Serial number”: Number (was: Short text).",
        "“Serial number”: required (was: optional).",
    ]
    builder.publish_form(form, admin)
    session.commit()
    session.refresh(ticket)
    assert ticket.form_version.number == 1 and ticket.answers[0].field.label == "Serial"
    assert forms.published(dana.organization_id)[0].number == 2
    with pytest.raises(ConflictError):
        builder.publish_form(form, admin)


def test_fields_move_and_a_field_others_depend_on_stays(session, admin, make):
    form = builder.create_form("Moves", admin)
    version = builder.get_or_create_draft(form)
    a, b, c = (builder.add_field(version, admin, kind="short_text", label=label) for label in "abc")
    builder.move_field(c, admin, up=True)
    session.commit()
    session.expire_all()
    assert [field.label for field in version.fields] == ["a", "c", "b"]
    builder.update_field(b, admin, kind="short_text", label="b", shown_if_key="a")
    with pytest.raises(ConflictError):
        builder.remove_field(a, admin)
    builder.move_field(b, admin, up=True)
    builder.move_field(b, admin, up=True)
    with pytest.raises(ValidationError, match="does not come before"):
        builder.publish_form(form, admin)
    builder.remove_field(b, admin)
    builder.remove_field(a, admin)
    builder.publish_form(form, admin)
    session.commit()
    assert [field.label for field in version.fields] == ["c"]


def test_publishing_is_refused_where_a_condition_can_never_hold(session, admin, make):
    form = builder.create_form("Never", admin)
    version = builder.get_or_create_draft(form)
    secret = builder.add_field(version, admin, kind="select", label="Secret", options=["x", "y"], team_only=True)
    builder.add_field(version, admin, kind="short_text", label="Asked", shown_if_key=secret.key, shown_if_value="z")
    sentences = validation.publish_errors(version)
    assert any("customers do not fill in" in sentence for sentence in sentences) and any(
        "does not offer" in sentence for sentence in sentences
    )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"label": "", "kind": "number"}, "label"),
        ({"label": "x", "kind": "colour"}, "kind"),
        ({"label": "x", "kind": "select", "options": []}, "options"),
        ({"label": "x", "kind": "number", "default": "many"}, "default"),
        ({"label": "x", "kind": "select", "options": ["a"], "default": "b"}, "default"),
        ({"label": "x", "kind": "number", "shown_if_key": "nothing"}, "shown_if_key"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(session, admin, values, name):
    version = builder.get_or_create_draft(builder.create_form("Sense", admin))
    with pytest.raises(ValidationError) as refusal:
        builder.add_field(version, admin, **values)
    assert list(refusal.value.errors) == [name]


def test_a_form_may_be_for_some_organizations_only_and_may_be_archived(session, make, dana, admin):
    other = make.user(make.organization("Initech"))
    form = builder.create_form("VIP", admin, for_all=False, organization_ids=[dana.organization_id])
    builder.publish_form(form, admin)
    session.commit()
    assert forms.published(dana.organization_id) and not forms.published(other.organization_id)
    builder.update_form(
        form, admin, name="VIP", description="", for_all=False, organization_ids=[other.organization_id]
    )
    session.commit()
    assert forms.published(other.organization_id) and not forms.published(dana.organization_id)
    with pytest.raises(ValidationError):
        builder.update_form(form, admin, name="VIP", description="", for_all=False, organization_ids=[])
    session.rollback()
    builder.archive_form(form, admin)
    session.commit()
    assert not forms.published(other.organization_id)


def test_only_admins_build_forms(make, dana):
    for user in (dana, make.agent(), make.agent(role="lead")):
        with pytest.raises(PermissionDenied):
            builder.create_form("Mine", user)
