"""Names and addresses of people as an admin changes them; a former address may stay theirs as an alias."""

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from helpdesk import clock
from helpdesk.domain import email_address
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import admission, changes, own_domains, permissions, session_revocation, users
from helpdesk.extensions import db
from helpdesk.markup import search_words
from helpdesk.models.organization import Organization, OrganizationAddress
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import User, UserAlias
from helpdesk.translation import gettext


def change_person(user: User, *, name: str, email: str, keep_alias: bool, actor: User) -> None:
    """Change name and address of ``user``. A new address has to be proven: every browser is signed out.

    With ``keep_alias`` the former address of a customer stays theirs, for mail and for signing in. Raises
    PermissionDenied, ValidationError and ConflictError.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins change names and addresses."))
    user = _lock(user)
    name, email = users.clean_name(name), users.canonical_email(email)
    before_name, before_email = user.name, user.email
    if name != before_name:
        user.name = name
    if email != before_email:
        _change_email(user, email, keep_alias=keep_alias)
    db.session.flush()
    changed = {"name": [before_name, name], "email": [before_email, email]}
    changed = {key: values for key, values in changed.items() if values[0] != values[1]}
    if changed:
        audit_log.add_entry("changed a person", actor, email, user.organization_id, **changed, alias=keep_alias)
        changes.notify_listeners("changed", user, changes=changed)


def follow_provider(user: User, email: str, *, provider: str) -> None:
    """Give ``user`` the canonical address ``email``, which their provider has for them now; the former stays theirs."""
    user = _lock(user)
    before = user.email
    _change_email(user, email, keep_alias=True)
    changed = {"email": [before, email]}
    audit_log.add_entry("changed a person", None, email, user.organization_id, **changed, provider=provider)
    changes.notify_listeners("changed", user, changes=changed)


def add_alias(user: User, email: str) -> UserAlias:
    """Make the canonical address ``email``, which is nobody's, another address of ``user``."""
    try:
        with db.session.begin_nested():
            alias = UserAlias(user=user, email=email)
            db.session.add(alias)
    except IntegrityError:
        raise ConflictError(gettext("%(email)s is somebody's address already.", email=email), "email") from None
    update_search_words(user)
    return alias


def remove_alias(user: User, alias_id: int, *, actor: User) -> None:
    """Remove an alias: it is nobody's address then. Raises PermissionDenied and ConflictError."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins change addresses."))
    user = _lock(user)
    alias = db.session.get(UserAlias, alias_id)
    if alias is None or alias.user_id != user.id:
        raise ConflictError(gettext("This address is gone already."))
    email = alias.email
    user.aliases.remove(alias)
    db.session.delete(alias)
    db.session.flush()
    invalidate_links(email)
    update_search_words(user)
    audit_log.add_entry("removed an address", actor, user.email, user.organization_id, alias=email)


def update_search_words(user: User) -> None:
    """Let a search find ``user`` by name, address and aliases."""
    db.session.flush()
    db.session.refresh(user, ["aliases"])
    user.search_words = search_words.join_words(user.name, user.email, *(alias.email for alias in user.aliases))
    db.session.flush()


def invalidate_links(email: str) -> None:
    """Make the sign-in links and invitations for ``email`` invalid."""
    unused = update(SignInLink).where(SignInLink.email == email, SignInLink.used_at.is_(None))
    db.session.execute(unused.values(used_at=clock.now()), execution_options={"synchronize_session": False})


def _lock(user: User) -> User:
    query = select(User).where(User.id == user.id).with_for_update(of=User).execution_options(populate_existing=True)
    locked = db.session.scalars(query).one()
    if locked.erased_at or locked.merged_into_id:
        raise ConflictError(gettext("This person was erased or merged meanwhile."))
    return locked


def _change_email(user: User, email: str, *, keep_alias: bool) -> None:
    other = users.find_user(email)
    if other is not None and other.id != user.id:
        raise ConflictError(
            gettext(
                "%(other)s has this address. If they are the same person, merge the two.", other=other.display_name
            ),
            "email",
        )
    former = user.email
    _ensure_right_side(user, email)
    db.session.execute(delete(UserAlias).where(UserAlias.user_id == user.id, UserAlias.email == email))
    db.session.expire(user, ["aliases"])
    listing = OrganizationAddress.email == former
    for row in db.session.scalars(select(OrganizationAddress).where(listing)):
        _list_address(row.organization, email)
        if not keep_alias:
            db.session.delete(row)
    if user.is_team and settings.get("emergency_admin") == former:
        settings.set("emergency_admin", email)
    user.email, user.email_verified_at = email, None
    user.mail_failures, user.email_undeliverable_reason = 0, None
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError:
        raise ConflictError(gettext("Somebody got this address just now."), "email") from None
    if keep_alias and not user.is_team:
        add_alias(user, former)
    update_search_words(user)
    session_revocation.revoke_user_sessions(user)
    invalidate_links(former)


def _ensure_right_side(user: User, email: str) -> None:
    """Raise ValidationError if the person could not sign in with ``email``, or would belong to the other side."""
    is_ours = email_address.domain_of(email) in own_domains.list_own_domains()
    if user.is_team or user.organization is None:
        return
    if is_ours:
        raise ValidationError(
            gettext("This is an address of our own. Customers have addresses of their organization."), "email"
        )
    listed = select(OrganizationAddress.id).where(
        OrganizationAddress.organization_id == user.organization_id, OrganizationAddress.email == user.email
    )
    admitting = {organization.id for organization in admission.admitting_organizations(email)}
    if user.organization_id not in admitting and db.session.scalar(listed) is None:
        raise ValidationError(
            gettext(
                "No rule of %(organization)s admits %(email)s. Add its domain or list the address there first.",
                organization=user.organization.name,
                email=email,
            ),
            "email",
        )


def _list_address(organization: Organization, email: str) -> None:
    present = select(OrganizationAddress.id).where(
        OrganizationAddress.organization_id == organization.id, OrganizationAddress.email == email
    )
    if db.session.scalar(present) is None:
        db.session.add(OrganizationAddress(organization_id=organization.id, email=email))
