"""When the account of a connection may be used to sign in.

Identity is (connection, issuer, subject), never the address. A connection speaks for the domains that are proven for
it, and only where the address is its own organization's; never for the team unless it is the team's. What it may not
know is refused with one sentence, whatever the reason.
"""

from sqlalchemy import select, update

from helpdesk import clock
from helpdesk.domain import email_address
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import login, oidc, provider_claims
from helpdesk.domain.authentication.connections import profile, roles
from helpdesk.domain.authentication.login import LoginResult, NotAdmitted
from helpdesk.domain.authentication.oidc import EmailProofRequired
from helpdesk.domain.authentication.provider_claims import ProviderClaims
from helpdesk.domain.people import admission, own_domains, users
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import Identity, User
from helpdesk.translation import gettext


class ClaimsRefused(NotAdmitted):
    """As NotAdmitted, with the ``reason`` for whoever looks after the connection: a code of ``failures``."""

    def __init__(self, sentence: str, reason: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.reason, self.detail = reason, detail


def sign_in(
    connection: SignInConnection, claimed: ProviderClaims, *, browser: str = ""
) -> LoginResult | EmailProofRequired:
    """Sign in with an account of ``connection``, or require a proof by mail.

    Raises NotAdmitted (mostly ClaimsRefused) or UnverifiedIdentity.
    """
    if connection.organization_id is None and connection.role_rules and claimed.gives is None:
        raise _refuse(claimed.email or "", "group")
    identity = find_identity(connection, claimed)
    if identity is not None and connection.preset == "slack" and _is_linked_to_another(identity):
        db.session.delete(identity)  # an admin corrected whose account of Slack it is
        db.session.flush()
        identity = None
    if identity is not None:
        result = _sign_in_known(connection, identity, claimed)
    else:
        result = _sign_in_new(connection, claimed, browser)
    if isinstance(result, LoginResult):
        finish(connection, result.user, claimed)
    return result


def finish(connection: SignInConnection, user: User, claimed: ProviderClaims) -> None:
    """What every sign-in through ``connection`` ends with: the profile, and what its groups and claims give."""
    profile.fill_in(user, claimed)
    if connection.role_rules:
        roles.apply_grant(connection, user, claimed.gives)
    connection.last_sign_in_at = clock.now()
    connection.failed_in_a_row = 0
    db.session.flush()


def find_identity(connection: SignInConnection, claimed: ProviderClaims) -> Identity | None:
    """Return the known account of this connection, issuer and subject."""
    return db.session.scalar(
        select(Identity).where(
            Identity.provider == connection.provider,
            Identity.issuer == claimed.issuer,
            Identity.subject == claimed.subject,
        )
    )


def speaks_for(connection: SignInConnection, domain: str) -> bool:
    """Whether ``domain`` is proven for ``connection``, and still its organization's or the team's."""
    is_proven = any(row.domain == domain and row.verified_at is not None for row in connection.domains)
    if not is_proven or email_address.is_public_domain(domain):
        return False
    if connection.organization is None:
        return True
    return domain in {row.domain for row in connection.organization.domains}


def forget_confirmation(connection: SignInConnection, domain: str) -> None:
    """The proof of ``domain`` is gone: its accounts prove their address by mail at the next sign-in."""
    db.session.execute(
        update(Identity)
        .where(Identity.provider == connection.provider, Identity.email.endswith("@" + domain, autoescape=True))
        .values(confirmed_at=clock.now() - 2 * oidc.RECONFIRM_AFTER)
        .execution_options(synchronize_session=False)
    )


def _sign_in_known(
    connection: SignInConnection, identity: Identity, claimed: ProviderClaims
) -> LoginResult | EmailProofRequired:
    user = identity.user
    if user.is_team != (connection.organization_id is None):
        raise _refuse(user.email, "not_admitted")
    oidc.record_address(identity, claimed)
    if connection.organization is not None and connection.organization not in admission.admitting_organizations(
        user.email
    ):
        raise _refuse(user.email, "not_admitted")
    if speaks_for(connection, email_address.domain_of(user.email)):
        identity.confirmed_at = clock.now()
    elif identity.confirmed_at < clock.now() - oidc.RECONFIRM_AFTER:
        return EmailProofRequired(user.email, identity)
    return login.by_identity(identity, connection=connection)


def _sign_in_new(
    connection: SignInConnection, claimed: ProviderClaims, browser: str
) -> LoginResult | EmailProofRequired:
    if connection.preset == "slack" and (user := _find_by_slack(connection, claimed)) is not None:
        result = login.by_email(user.email, provider=claimed.provider, connection=connection)
        oidc.connect_identity(result.user, claimed, browser=browser)
        return result
    if claimed.email is None:
        raise provider_claims.UnverifiedIdentity(
            gettext("The account has no address we can use. Ask whoever looks after it at your company."),
            reason="no_address",
        )
    user = users.find_user(claimed.email)
    domain = email_address.domain_of(claimed.email)
    is_proven = speaks_for(connection, domain)
    if connection.organization is None:
        if user is None or not user.is_team or not is_proven or not claimed.verified:
            raise _refuse(claimed.email, "not_admitted" if is_proven else "domain", domain)
        return EmailProofRequired(claimed.email)
    is_ours = domain in own_domains.list_own_domains() or (user is not None and user.is_team)
    is_admitted = connection.organization in admission.admitting_organizations(claimed.email)
    if is_ours or not is_admitted:
        raise _refuse(claimed.email, "not_admitted" if is_proven else "domain", domain)
    if not is_proven or not claimed.verified or (user is not None and _has_other_subject(connection, user)):
        return EmailProofRequired(claimed.email)
    result = login.by_email(claimed.email, name=claimed.name, provider=claimed.provider, connection=connection)
    has_been_here = user is not None and user.last_seen_at is not None
    oidc.connect_identity(result.user, claimed, browser=browser, notify=has_been_here)
    return result


def _has_other_subject(connection: SignInConnection, user: User) -> bool:
    """Whether ``user`` has an account here already: an address that was given to somebody else proves nothing."""
    known = select(Identity.id).where(Identity.user_id == user.id, Identity.provider == connection.provider)
    if db.session.scalar(known.limit(1)) is None:
        return False
    audit_log.add_entry(
        "a provider gave an address to another account; review",
        None,
        user.email,
        user.organization_id,
        provider=connection.name,
    )
    return True


def _is_linked_to_another(identity: Identity) -> bool:
    linked = db.session.scalar(select(User.id).where(User.slack_user_id == identity.subject))
    return linked is not None and linked != identity.user_id


def _find_by_slack(connection: SignInConnection, claimed: ProviderClaims) -> User | None:
    """Return the member of the team who is this member of Slack; nobody of another workspace."""
    if connection.organization_id is not None or not claimed.verified:
        return None
    if not connection.tenant or connection.tenant != claimed.tenant:
        raise _refuse(claimed.email or "", "directory")
    user = db.session.scalar(select(User).where(User.slack_user_id == claimed.subject))
    return user if user is not None and user.is_team and user.is_active else None


def _refuse(email: str, reason: str, detail: str = "") -> ClaimsRefused:
    return ClaimsRefused(str(login.refuse(email)), reason, detail)
