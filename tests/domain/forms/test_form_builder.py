"""How admins build, publish, change and archive forms."""

import pytest

from helpdesk.domain import forms
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.forms import builder, diff, validation


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
