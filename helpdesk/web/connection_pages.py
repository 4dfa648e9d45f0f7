"""What the pages of sign-in connections share: those of the help desk's admins, and those of an organization's own."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash

from helpdesk import urls
from helpdesk.database.row_ids import is_id
from helpdesk.domain.authentication.connections import diagnostics, domain_proofs, failures
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.provisioning import tokens
from helpdesk.extensions import db
from helpdesk.models.provisioning import ScimToken
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.translation import gettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication
from helpdesk.web.settings.connection_form import ConnectionForm, make_form


def check_provider(connection: SignInConnection) -> None:
    """Fetch the provider's document and keys, and flash what became of it. Ends the transaction meanwhile."""
    issuer = connection.issuer
    db.session.rollback()
    error = diagnostics.find_error(issuer)
    flash(
        error or gettext("The provider answers, and its keys can be read."),
        "error@test" if error else "success@test",
    )


def check_domain(find: Callable[[], ConnectionDomain]) -> None:
    """Look for the record of the domain that ``find`` loads, and flash what was found. Commits."""
    row = find()
    name, value = domain_proofs.record_name(row), domain_proofs.record_value(row)
    db.session.rollback()
    try:
        texts = domain_proofs.look_up_texts(name)  # slow, so outside a transaction
        row = find()
        is_there = domain_proofs.check_domain(row, lambda _: texts, actor=authentication.get_current_user())
    except (domain_proofs.LookupFailed, ConflictError):
        flash(gettext("The name servers do not answer. Try again later."), "error@domains")
        return
    db.session.commit()
    if is_there:
        flash(gettext("%(domain)s is proven.", domain=row.domain), "success@domains")
    else:
        flash(gettext("No record %(name)s with %(value)s was found.", name=name, value=value), "error@domains")


def get_token_or_404(connection: SignInConnection, token_id: int) -> ScimToken:
    """Return the SCIM token of this connection, else 404."""
    token = db.session.get(ScimToken, token_id) if is_id(token_id) else None
    return token if token is not None and token.connection_id == connection.id else abort(404)


def stored_values(connection: SignInConnection) -> dict[str, Any]:
    """The stored values that the form of a connection changes, but for the secret."""
    return {name: value for name, value in make_form(connection).data.items() if name != "client_secret"}


def describe_new(form: ConnectionForm) -> dict[str, Any]:
    """What the page of a new connection shows."""
    return {
        "connection": None,
        "loaded": "",
        "form": form,
        "failure": "",
        "addresses": {},
        "tokens": [],
        "secret": "",
    }


def describe_connection(connection: SignInConnection, form: ConnectionForm, secret: str = "") -> dict[str, Any]:
    """What the page of ``connection`` shows, with the ``secret`` of a token that was just made."""
    own = urls.own_provider_url(connection.slug)
    return {
        "connection": connection,
        "loaded": stale_forms.fingerprint(stored_values(connection)),
        "form": form,
        "failure": failures.describe(connection) if connection.last_failure else "",
        "addresses": {
            "sign_in": own,
            "callback": f"{own}/authorized",
            "logout": f"{own}/logout",
            "scim": urls.absolute_url("/scim/v2"),
        },
        "tokens": tokens.list_tokens(connection),
        "secret": secret,
        "record_name": domain_proofs.record_name,
        "record_value": domain_proofs.record_value,
    }
