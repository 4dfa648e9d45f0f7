"""The words that a form has of its own: its two fixed fields, and what people read once a ticket is filed."""

from dataclasses import dataclass

from helpdesk.domain.errors import ensure_fields
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.form import Form
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

MAX_LENGTHS = {"subject_label": 120, "body_label": 120, "body_help": 300, "confirmation": 500}  # characters


@dataclass(frozen=True)
class FormWords:
    """What a form calls the two fields that every form has, and says once a ticket is filed; "" as every form does."""

    subject_label: str = ""
    body_label: str = ""
    body_help: str = ""
    confirmation: str = ""


def set_words(form: Form, words: FormWords, *, actor: User) -> None:
    """Store the words of ``form``. Raises PermissionDenied and ValidationError."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin builds forms."))
    texts = {name: to_one_line(getattr(words, name)) for name in MAX_LENGTHS}
    ensure_fields(
        gettext("Some answers need another look."),
        *(
            (
                name,
                len(texts[name]) <= most,
                gettext("Write at most %(number)s characters.", number=format_number(most)),
            )
            for name, most in MAX_LENGTHS.items()
        ),
    )
    for name, text in texts.items():
        setattr(form, name, text)
    db.session.flush()
