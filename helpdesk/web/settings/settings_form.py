"""Forms whose fields are settings of the same names: saved all or none, with an entry in the audit log."""

from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.setting import SETTINGS
from helpdesk.web.form_base import Form
from helpdesk.web.middleware import authentication


class SettingsForm(Form):
    """A form with one field per setting; other fields are ignored when saving."""

    def save(self, subject: str, action: str = "changed settings") -> bool:
        """Validate, save what changed and commit.

        Returns False if a field is invalid: nothing is saved, and the field has an error.
        """
        if not self.validate():
            return False
        changed = {}
        for field in self:
            if field.name not in SETTINGS:
                continue
            old_value = settings.get(field.name)
            try:
                new_value = settings.set(field.name, field.data)
            except ValidationError:
                self.add_error(field.name, _sentence(field.name))
                continue
            if new_value != old_value:
                changed[field.name] = [old_value, new_value]
        if self.error_summary:
            db.session.rollback()
            settings.invalidate_cache()
            return False
        if changed:
            audit_log.add_entry(action, authentication.get_current_user(), subject, **changed)
        db.session.commit()
        settings.invalidate_cache()
        return True


def _sentence(name: str) -> str:
    """The error message for a value that the setting does not accept."""
    definition = SETTINGS[name]
    if isinstance(definition.default, int):
        return "Write a whole number from 0 to 10000."
    return (
        f"Choose {', '.join(definition.choices[:-1])} or {definition.choices[-1]}."
        if definition.choices
        else "This cannot be used."
    )
