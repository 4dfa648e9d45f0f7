"""The form that a new installation has, so that customers find one on the first day."""

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.domain.administration import audit_log, settings
from helpdesk.extensions import db
from helpdesk.models.form import Field, Form, FormVersion
from helpdesk.models.user import User
from helpdesk.translation import gettext

SLUG = "default"


def create_if_none(actor: User | None = None) -> Form | None:
    """Create and publish a form for every organization, unless there ever was a form; None if there was."""
    settings.lock()
    if db.session.scalar(select(func.count()).select_from(Form)):
        return None
    form = Form(
        slug=SLUG,
        name=gettext("Ask for help"),
        description=gettext("For every question and every problem."),
        position=1,
    )
    version = FormVersion(number=1, published_at=clock.now(), published_by_id=actor.id if actor else None)
    version.fields.append(
        Field(
            key="urgency",
            kind="select",
            label=gettext("How much does it hold you up?"),
            help="",
            required=False,
            position=0,
            options=[gettext("I am only asking"), gettext("It is in the way"), gettext("I cannot work")],
            customer_fills=True,
            team_only=False,
        )
    )
    form.versions.append(version)
    db.session.add(form)
    db.session.flush()
    audit_log.add_entry("created form", actor, form.name)
    return form
