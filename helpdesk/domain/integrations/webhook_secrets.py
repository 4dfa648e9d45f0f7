"""Secrets of webhooks: what their requests are signed with, and how one takes the place of another.

After a change each request carries a signature with the former secret, too, for FORMER_PERIOD: the new one is entered
at the receiver in that time, and no request is refused meanwhile.
"""

import base64
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock, key_derivation
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.models.webhook import Webhook
from helpdesk.translation import gettext

FORMER_PERIOD = timedelta(days=7)


def signing_secret(webhook: Webhook) -> str:
    """Return the secret for checking signatures, derived from the current SECRET_KEY."""
    return "whsec_" + base64.b64encode(key_derivation.sign(key_derivation.Purpose.WEBHOOK, webhook.nonce)).decode()


def list_signing_keys(webhook: Webhook) -> tuple[bytes, ...]:
    """Return the keys that a request is signed with, those of the present secret first: for each secret that counts one
    of every accepted SECRET_KEY.
    """
    nonces = [webhook.nonce, *([webhook.former_nonce] if former_secret_until(webhook) else [])]
    return tuple(
        key for nonce in nonces if nonce for key in key_derivation.sign_with_each(key_derivation.Purpose.WEBHOOK, nonce)
    )


def former_secret_until(webhook: Webhook) -> datetime | None:
    """Until when requests are signed with the former secret, too; None if they are not."""
    until = webhook.former_until
    return until if webhook.former_nonce and until is not None and until > clock.now() else None


def change_secret(webhook: Webhook, *, actor: User) -> None:
    """Give the webhook a new secret; the former one counts for FORMER_PERIOD.

    Raises PermissionDenied, and ConflictError while another one still counts: its receiver would lose both.
    """
    webhook = _lock(webhook, actor)
    if former_secret_until(webhook):
        raise ConflictError(gettext("The former secret is still in use. End it first."))
    webhook.former_nonce, webhook.former_until = webhook.nonce, clock.now() + FORMER_PERIOD
    webhook.nonce = secrets.token_hex(16)
    audit_log.add_entry("gave a webhook a new secret", actor, webhook.name)


def end_former_secret(webhook: Webhook, *, actor: User) -> None:
    """Sign no further request with the former secret. Raises PermissionDenied."""
    webhook = _lock(webhook, actor)
    if webhook.former_nonce is not None:
        webhook.former_nonce = webhook.former_until = None
        audit_log.add_entry("ended the former secret of a webhook", actor, webhook.name)


def _lock(webhook: Webhook, actor: User) -> Webhook:
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set up webhooks."))
    query = select(Webhook).where(Webhook.id == webhook.id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()
