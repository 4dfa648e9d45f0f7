"""Name, address and further addresses of a person, as an admin changes them."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.people import addresses
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import people

blueprint = Blueprint("settings_person_address", __name__, url_prefix="/settings/people")


@blueprint.post("/<int:user_id>/address")
@authorization.admin_only
def change_person(user_id: int) -> ResponseReturnValue:
    """Save name and address. A new address has to be proven by signing in again."""
    user = people.get_user_or_404(user_id)
    values = {name: request.form.get(name, "") for name in ("name", "email")}
    values["keep_alias"] = "keep_alias" in request.form
    had = user.email

    def save() -> None:
        stale_forms.begin_change(lambda: people.stored_identity(people.get_user_or_404(user_id)))
        addresses.change_person(user, **values, actor=authentication.get_current_user())

    return people.run_action(user, save, lambda: _describe(user, had), values=values)


@blueprint.post("/<int:user_id>/aliases/<int:alias_id>/delete")
@authorization.admin_only
def remove_alias(user_id: int, alias_id: int) -> ResponseReturnValue:
    """Remove one of the person's further addresses."""
    user = people.get_user_or_404(user_id)
    return people.run_action(
        user,
        lambda: addresses.remove_alias(user, alias_id, actor=authentication.get_current_user()),
        gettext("The address is no longer theirs."),
    )


def _describe(user: User, former_email: str) -> str:
    if user.email == former_email:
        return gettext("The name is saved.")
    return gettext("Name and address are saved. They sign in again, with %(address)s.", address=user.email)
