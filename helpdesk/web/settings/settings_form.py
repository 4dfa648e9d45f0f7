"""Forms whose fields are settings of the same names: saved all or none, with an entry in the audit log."""

import json
from typing import Any

from wtforms import BooleanField, Field, HiddenField, TextAreaField
from wtforms.validators import Length, Optional

from helpdesk.domain.administration import audit_log, setting_texts, settings
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.setting import SETTINGS
from helpdesk.translation import format_list, gettext, lazy_gettext
from helpdesk.web.form_base import Form
from helpdesk.web.middleware import authentication

MAX_OWN_TEXT = 2_000


def own_text_field(label: str, description: str = lazy_gettext("In Markdown. Empty adds nothing.")) -> Any:
    """Return a field for a text of the installation's own, in Markdown; it may be empty, and has translations."""
    most = Length(max=MAX_OWN_TEXT, message=lazy_gettext("Write at most 2,000 characters."))
    attributes = {"rows": 3, "required": False}
    return TextAreaField(label, [Optional(), most], [_normalize], description, render_kw=attributes)


def _normalize(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


class SettingsForm(Form):
    """A form with one field per setting; other fields are ignored when saving.

    ``loaded`` holds the values that the page was loaded with. Only what differs from them is saved, so that an older
    page does not revert what somebody else saved meanwhile; what both changed is refused once, with their value.
    """

    loaded = HiddenField()
    is_stale = False  # somebody else changed the same setting meanwhile

    def process(self, formdata: Any = None, *args: Any, **options: Any) -> None:
        """Fill the fields; a form that shows stored values remembers them."""
        super().process(formdata, *args, **options)
        if formdata is None:
            self.loaded.data = json.dumps({field.name: field.data for field in self._setting_fields()})

    def save(self, subject: str, action: str = "changed settings") -> bool:
        """Validate, save what changed and commit.

        Returns False if a field is invalid or was changed by somebody else: nothing is saved, the field has an error.
        """
        settings.lock()
        current = settings.load_all()
        loaded = current | self._loaded_values()
        given = [field for field in self._setting_fields() if field.raw_data or isinstance(field, BooleanField)]
        fields = [field for field in given if not self._is_equal(field, loaded[field.name])]
        for field in self._setting_fields():
            if field not in fields and not field.process_errors:
                field.data = current[field.name]
        if not self.validate():
            return self._reject()
        changed = {}
        for field in fields:
            old_value = current[field.name]
            try:
                new_value = settings.parse_value(field.name, field.data)
            except ValidationError as error:
                is_text = field.name in setting_texts.READERS
                self.add_error(field.name, error.message if is_text else _sentence(field.name))
                continue
            if new_value == old_value:
                continue
            if old_value != loaded[field.name]:
                self.is_stale = True
                self.add_error(
                    field.name,
                    gettext(
                        "Somebody else set this to %(value)s. Save again to replace it.",
                        value=_describe(old_value),
                    ),
                )
                continue
            changed[field.name] = [old_value, settings.set(field.name, new_value)]
        if self.error_summary:
            self.loaded.data = json.dumps({field.name: current[field.name] for field in self._setting_fields()})
            return self._reject()
        if changed:
            audit_log.add_entry(action, authentication.get_current_user(), subject, **changed)
        db.session.commit()
        settings.invalidate_cache()
        return True

    @property
    def refusal_status(self) -> int:
        """The HTTP status of a form that was not saved."""
        return 409 if self.is_stale else 422

    def _setting_fields(self) -> list[Field]:
        return [field for field in self if field.name in SETTINGS]

    def _loaded_values(self) -> dict[str, Any]:
        try:
            values = json.loads(self.loaded.data or "{}")
        except (ValueError, RecursionError):
            values = {}
        return {name: value for name, value in values.items() if name in self} if isinstance(values, dict) else {}

    def _is_equal(self, field: Field, value: Any) -> bool:
        try:
            return bool(settings.parse_value(field.name, field.data) == value)
        except ValidationError:
            return False

    def _reject(self) -> bool:
        db.session.rollback()
        settings.invalidate_cache()
        return False


def _describe(value: Any) -> str:
    """Return a value as the pages say it."""
    if isinstance(value, bool):
        return gettext("on") if value else gettext("off")
    return str(value) if isinstance(value, int) else f"“{value}”" if value else gettext("empty")


def _sentence(name: str) -> str:
    """Return the error message for what is no number, or none of the choices."""
    definition = SETTINGS[name]
    if isinstance(definition.default, int):
        return gettext("Write a whole number from 0 to 10000.")
    return gettext("Choose %(choices)s.", choices=format_list(definition.choices, "or"))
