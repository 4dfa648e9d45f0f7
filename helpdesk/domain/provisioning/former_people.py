"""Remember that a provider deactivated a person, who may then be activated by it again, also after it deleted them."""

from typing import Any

from sqlalchemy import select

from helpdesk.domain.people import changes
from helpdesk.extensions import db
from helpdesk.models.provisioning import ScimResource
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import User

FORMER_USER = "FormerUser"  # the kind of the row that is left of a deleted person


def register() -> None:
    """Listen to what happens to people from now on."""
    changes.add_listener(forget_deactivation)


def keep_former(row: ScimResource) -> None:
    """Keep of a deleted person only that the provider deactivated them."""
    row.kind, row.lookup_name, row.external_id, row.data = FORMER_USER, row.resource_id, None, {}


def take_over(connection: SignInConnection, row: ScimResource, user: User) -> None:
    """Let ``row``, new for ``user``, know whether the provider deactivated them before it deleted them."""
    former = select(ScimResource).where(
        ScimResource.connection_id == connection.id,
        ScimResource.kind == FORMER_USER,
        ScimResource.user_id == user.id,
    )
    for each in list(db.session.scalars(former)):
        row.has_deactivated = row.has_deactivated or each.has_deactivated
        db.session.delete(each)


def forget_deactivation(event: str, user: User, details: dict[str, Any]) -> None:
    """Forget it once anybody else activates or deactivates ``user``: what was done last holds.

    When it is the provider, ``people.apply`` stores it afterwards.
    """
    if event == "changed" and "is_active" in details.get("changes", {}):
        rows = select(ScimResource).where(ScimResource.user_id == user.id, ScimResource.has_deactivated)
        for row in list(db.session.scalars(rows)):
            row.has_deactivated = False
