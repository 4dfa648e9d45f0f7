"""A form that an admin changed, or ended, while somebody filled it in: what they wrote is in the newest one."""

from flask import request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from helpdesk.domain import forms
from helpdesk.models.form import Field, FormVersion
from helpdesk.models.user import User
from helpdesk.translation import lazy_gettext
from helpdesk.web.middleware import authentication

GONE_FORM = lazy_gettext(
    "The form that you filled in is not offered any more. What you wrote is in this one: look it over, then file it."
)

CHANGED_FORM = lazy_gettext("This form was changed while you filled it in. Look it over, then file the ticket.")

MOVED_WORDS = lazy_gettext(
    "This form was changed while you filled it in. Answers that only the team was to read stand below the description "
    "now: look it over, then file the ticket."
)


def move_former_answers(
    requester: User, form: FormVersion | None, form_data: MultiDict[str, str]
) -> tuple[list[str], bool]:
    """Put answers to questions that ``form`` does not ask below the description. Returns the names of former files,
    and whether one of the questions was for the team only, so that somebody has to look before a customer reads it.

    An admin may have changed the form, or ended it, while it was filled in.
    """
    former = forms.list_former_fields(
        form_data.get("form", ""), {*form_data, *request.files}, form, current_user.is_team
    )
    if not former:
        return [], False
    context = forms.AnswerContext(authentication.get_current_user(), requester.organization_id)
    files = [forms.field_name(field) for field in former if forms.field_type_for(field).is_file]
    for_team = [field for field in former if field.team_only]

    def add(body: str, fields: list[Field]) -> str:
        return forms.add_former_answers(body, fields, lambda field: form_data.getlist(forms.field_name(field)), context)

    names = [forms.field_name(field) for field in for_team if forms.field_type_for(field).is_file]
    has_files = any(form_data.get(name) or any(map(bool, request.files.getlist(name))) for name in names)
    has_team_words = bool(add("", for_team)) or has_files
    form_data["body"] = add(form_data.get("body", ""), former)
    return files, has_team_words
