"""Validation of a form's draft before it is published."""

from helpdesk.domain.forms.field_types import field_type_for
from helpdesk.domain.forms.published import is_asked
from helpdesk.models.form import Field, FormVersion
from helpdesk.translation import gettext


def publish_errors(version: FormVersion) -> list[str]:
    """Return the errors that prevent publishing a draft, as sentences."""
    errors = []
    before: dict[str, Field] = {}
    for field in sorted(version.fields, key=lambda field: field.position):
        controller = before.get(field.shown_if_key or "")
        if field.shown_if_key and controller is None:
            errors.append(gettext("%(field)s depends on a field that does not come before it.", field=field.label))
        elif controller is not None:
            if is_asked(field, for_team=False) and not is_asked(controller, for_team=False):
                errors.append(
                    gettext(
                        "%(field)s depends on %(controller)s, which customers do not fill in.",
                        field=field.label,
                        controller=controller.label,
                    )
                )
            value = field.shown_if_value
            if value and field_type_for(controller).has_options and value not in controller.options:
                errors.append(
                    gettext(
                        "%(field)s waits for the answer “%(value)s”, which %(controller)s does not offer.",
                        field=field.label,
                        value=value,
                        controller=controller.label,
                    )
                )
        before[field.key] = field
    return errors
