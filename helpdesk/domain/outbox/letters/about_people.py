"""Mails by which people come in: links, invitations, and word of a new way of signing in."""

from helpdesk import clock, urls
from helpdesk.channels.email import mails
from helpdesk.domain import links
from helpdesk.domain.outbox.letters import envelopes, readers
from helpdesk.domain.outbox.reasons import Skip
from helpdesk.extensions import db
from helpdesk.models.people import Identity
from helpdesk.models.sessions import SignInLink
from helpdesk.models.sync import Delivery


def _sign_in(delivery: Delivery) -> mails.SignIn:
    link = _living_link(delivery, "The link has ended before its mail could leave.")
    return mails.SignIn(
        envelope=envelopes.alone(delivery, link.email),
        link=urls.sign_in_link(links.token(link)),
        code=links.code(link),
        minutes=round((link.expires_at - link.created_at).total_seconds() / 60),
        browser=delivery.data.get("browser", ""),
        place=delivery.data.get("place", ""),
    )


def _invitation(delivery: Delivery) -> mails.Invitation:
    link = _living_link(delivery, "The invitation has ended before its mail could leave.")
    return mails.Invitation(
        envelope=envelopes.alone(delivery, link.email),
        link=urls.sign_in_link(links.token(link)),
        inviter=delivery.data.get("inviter", ""),
        role=delivery.data.get("role", "agent"),
        organization=delivery.data.get("organization", ""),
        expires_at=readers.at(link.expires_at, None),
    )


def _linked(delivery: Delivery) -> mails.Linked:
    identity = db.session.get(Identity, delivery.subject_id)
    if identity is None:
        raise Skip("The account was disconnected before its mail could leave.")
    return mails.Linked(
        envelope=envelopes.alone(delivery, identity.user),
        way=identity.provider.title(),
        address=identity.email or identity.user.email,
        when=readers.at(identity.created_at, identity.user),
        sessions_url=urls.absolute("/account"),
        browser=delivery.data.get("browser", ""),
        place=delivery.data.get("place", ""),
    )


def _living_link(delivery: Delivery, ended: str) -> SignInLink:
    link = db.session.get(SignInLink, delivery.subject_id)
    if link is None or link.used_at or link.expires_at < clock.now():
        raise Skip(ended)
    return link


WRITERS = {"sign_in": _sign_in, "invitation": _invitation, "linked": _linked}
