"""Forms whose fields are settings of the same names: saved all or none, and written into the audit trail."""

from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.setting import SETTINGS
from helpdesk.web.form_base import Form
from helpdesk.web.middleware import authentication


class SettingsForm(Form):
    """A field for each of some settings; any other field is the form's own business."""

    def save(self, subject: str, action: str = "changed settings") -> bool:
        """Check, keep what changed and commit. False if a field cannot be used: nothing is kept, a sentence is beside it."""
        if not self.validate():
            return False
        changed = {}
        for field in self:
            if field.name not in SETTINGS:
                continue
            before = settings.get(field.name)
            try:
                after = settings.set(field.name, field.data)
            except ValidationError:
                self.add_error(field.name, _sentence(field.name))
                continue
            if after != before:
                changed[field.name] = [before, after]
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
    key = SETTINGS[name]
    if isinstance(key.default, int):
        return "Write a whole number from 0 to 10000."
    return f"Choose {', '.join(key.choices[:-1])} or {key.choices[-1]}." if key.choices else "This cannot be used."
