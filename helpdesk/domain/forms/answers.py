"""Reading what somebody answered: only what they are asked, only what applies, each by its kind's rules."""

from typing import Protocol

from sqlalchemy import select

from helpdesk.domain.forms import kinds, uploads
from helpdesk.extensions import db
from helpdesk.models.form import Field, FormVersion
from helpdesk.models.ticket import Attachment
from helpdesk.models.user import User

MAX_PEOPLE = 500  # of one organization, offered in a person field


class FormValues(Protocol):
    """What a web form sent: several texts may have one name."""

    def getlist(self, name: str) -> list[str]: ...


def parse_answers(
    version: FormVersion, values: FormValues, for_team: bool, *, asker: User, organization_id: int | None = None
) -> tuple[dict[str, object], dict[str, str]]:
    """The answers in ``values`` (named ``field-<key>``) by field key, and a sentence by name for each that will not do.

    A field that ``asker`` is not asked, or whose condition does not hold, takes nothing from ``values``, whatever they say;
    its default stands where its condition holds. ``organization_id``: whose ticket it is, unless the asker's own.
    """
    answers: dict[str, object] = {}
    errors: dict[str, str] = {}
    fields = {field.key: field for field in version.fields}
    people = None
    for field in sorted(version.fields, key=lambda field: field.position):
        if not field_applies(field, fields, answers):
            continue
        asked = for_team or (field.customer_fills and not field.team_only)
        name = f"field-{field.key}"
        try:
            value = kinds.read(field, values.getlist(name) if asked else _default_answer(field))
            if field.kind == "person" and value is not None:
                if people is None:
                    people = {id for id, _ in selectable_people(asker, organization_id)}
                if value not in people:
                    raise kinds.Wrong(f"Choose somebody of the organization for {field.label}.")
            if field.kind == "file" and value is not None and len(uploads.pending_uploads(value, asker)) < len(value):
                raise kinds.Wrong(f"The file for {field.label} is no longer there. Add it again.")
            if value is None and field.required and asked:
                raise kinds.Wrong(_missing_message(field))
        except kinds.Wrong as wrong:
            if asked:
                errors[name] = str(wrong)
            continue
        if value is not None:
            answers[field.key] = value
    return answers, errors


def field_applies(field: Field, fields: dict[str, Field], answers: dict[str, object]) -> bool:
    """Whether ``field``'s condition holds, given the answers to the fields before it."""
    if not field.shown_if_key:
        return True
    if field.shown_if_key not in fields:
        return False
    value = answers.get(field.shown_if_key)
    if value is None:
        return False
    wanted = field.shown_if_value or ""
    if not wanted:
        return True
    if isinstance(value, list):
        return wanted in value
    if value is True:
        return wanted.lower() in kinds.TICKED
    return str(value) == wanted


def answer_file_keys(version: FormVersion, answers: dict[str, object]) -> list[str]:
    """The drafts that ``answers`` name, to be attached to the ticket's first message."""
    return [key for field in version.fields if field.kind == "file" for key in answers.get(field.key, ())]


def team_only_file_keys(version: FormVersion | None, answers: dict[str, object]) -> set[str]:
    """The files that answer fields only the team sees: they belong on a note, not on what the customer reads."""
    fields = version.fields if version else ()
    return {key for field in fields if field.kind == "file" and field.team_only for key in answers.get(field.key, ())}


def selectable_people(user: User, organization_id: int | None = None) -> list[tuple[int, str]]:
    """The people a person field offers ``user``, as (id, name): the organization's, or only themselves where they see no more."""
    if not user.is_team and user.sees == "own":
        return [(user.id, user.display_name)]
    people = (
        select(User)
        .where(User.organization_id == (organization_id or user.organization_id), User.deactivated_at.is_(None))
        .order_by(User.name, User.id)
        .limit(MAX_PEOPLE)
    )
    return [(person.id, person.display_name) for person in db.session.scalars(people)]


def display_value(field: Field, value: object) -> str:
    """The answer as people read and search it."""
    if value is None:
        return ""
    if field.kind == "person":
        person = db.session.get(User, value) if isinstance(value, int) else None
        return person.display_name if person else str(value)
    if field.kind == "file" and isinstance(value, list):
        names = dict(db.session.execute(select(Attachment.key, Attachment.name).where(Attachment.key.in_(value))).all())
        return ", ".join(names.get(key, "file") for key in value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "Yes" if value is True else str(value)


def _default_answer(field: Field) -> list[str]:
    return (
        []
        if field.kind in {"person", "file"}
        else field.default.splitlines()
        if field.kind == "multi_select"
        else [field.default]
    )


def _missing_message(field: Field) -> str:
    match field.kind:
        case "checkbox":
            return f"Tick {field.label} to go on."
        case "select" | "multi_select" | "person":
            return f"Choose an answer for {field.label}."
        case "file":
            return f"Add a file for {field.label}."
    return f"Fill in {field.label}."
