"""Approve the sign-in of the browser that requested a link, from another one in which the link was opened.

Mail programs open links in a browser of their own, which is not the one where somebody asked for the link. There they
type the number that the asking browser shows. Whoever asks for a link in the name of another person sees the number,
but that person does not: to press a button without looking signs nobody in. Opening the link changes nothing, and a
program that presses its buttons knows no number.
"""

from sqlalchemy import case, select, update

from helpdesk import clock, key_derivation
from helpdesk.domain.authentication import magic_links, signed_links, typed_codes
from helpdesk.domain.authentication.magic_links import LinkExpired
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.translation import gettext

MAX_ATTEMPTS = 3


def find_requested(browser_token: str) -> SignInLink | None:
    """Return the link last requested in this browser, whatever became of it; None if there is none.

    One over the limits of requests replaced no earlier one, so it counts only if there is no other.
    """
    if not browser_token:
        return None
    is_over_limit = case((SignInLink.refused == "limited", 1), else_=0)
    return db.session.scalar(
        select(SignInLink)
        .where(
            SignInLink.browser_hash == key_derivation.fingerprint(browser_token),
            SignInLink.purpose == magic_links.SIGN_IN,
        )
        .order_by(is_over_limit, SignInLink.id.desc())
        .limit(1)
    )


def approve(token: str, typed: str) -> SignInLink:
    """Approve the sign-in of the browser that requested the link, by the number shown there; three attempts.

    Raises LinkExpired, or ValidationError for a wrong number. The attempt is counted then too, so the caller commits.
    """
    wrong = ValidationError(
        gettext("This is not the number shown there. After three attempts type the code of the mail there."), "number"
    )
    digits = "".join(typed_codes.to_ascii(typed).split())
    if not digits.isdecimal():  # not an attempt: programs that scan mail press buttons without typing anything
        raise ValidationError(gettext("Type the number shown where you asked for the link."), "number")
    link = magic_links.find_link(token)
    if link is None or link.purpose != magic_links.SIGN_IN or not magic_links.is_open(link):
        raise LinkExpired(gettext("This link has been used or has expired."))
    counted = db.session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.approval_tries < MAX_ATTEMPTS, *magic_links.usable_condition())
        .values(approval_tries=SignInLink.approval_tries + 1)
        .returning(SignInLink.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if counted is None or not signed_links.is_number(link, digits):
        raise wrong
    db.session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, *magic_links.usable_condition())
        .values(approved_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(link)
    return link


def is_approved(link: SignInLink | None) -> bool:
    """Whether the browser that requested the link may sign in with it now."""
    return link is not None and link.approved_at is not None and magic_links.is_open(link)


def redeem(browser_token: str) -> SignInLink:
    """Use the approved link that was last requested in this browser, once. Raises LinkExpired."""
    expired = LinkExpired(gettext("The sign-in is not approved yet."))
    link = find_requested(browser_token)
    if link is None or not is_approved(link):
        raise expired
    used = db.session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.approved_at.is_not(None), *magic_links.usable_condition())
        .values(used_at=clock.now())
        .returning(SignInLink.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if used is None:
        raise expired
    return db.session.get_one(SignInLink, used, populate_existing=True)
