"""Mails about signing in: links, invitations, and notices of a newly linked provider."""

from helpdesk import clock, urls
from helpdesk.channels.email import delivery_data
from helpdesk.channels.email.render import message_headers, message_types, recipients
from helpdesk.domain.authentication import magic_links, signed_links, user_agent
from helpdesk.domain.authentication.connections import provider as connection_provider
from helpdesk.domain.authentication.connections import routing
from helpdesk.domain.outbox.errors import SkipDelivery
from helpdesk.domain.people import admission
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Identity, User
from helpdesk.translation import gettext, lazy_gettext, name_time_zone


def _render_sign_in(delivery: Delivery) -> message_types.SignIn | message_types.SignInRequests:
    link = _get_open_link(delivery, lazy_gettext("The link has ended before its mail could leave."))
    if link.purpose == magic_links.PAUSE:
        return message_types.SignInRequests(
            envelope=message_headers.make_account_envelope(delivery, link.email),
            stop_url=urls.absolute_url(f"/sign-in/pause/{signed_links.link_token(link)}"),
            sign_in_url=urls.absolute_url("/sign-in"),
            browser=_describe_browser(delivery),
        )
    # A link that proves an address for a provider leads to no other one.
    proves = link.pending_identity is not None or link.identity_id is not None
    route = None if proves else routing.find_route(link.email)
    return message_types.SignIn(
        provider_name=route.connection.name if route else "",
        provider_url=urls.own_provider_url(route.connection.slug) if route else "",
        has_link=route is None or not route.is_only,
        envelope=message_headers.make_account_envelope(delivery, link.email),
        link=urls.sign_in_link_url(signed_links.link_token(link)),
        code=signed_links.link_code(link),
        minutes=round((link.expires_at - link.created_at).total_seconds() / 60),
        browser=_describe_browser(delivery),
        place=gettext("time zone %(city)s", city=name_time_zone(link.time_zone)) if link.time_zone else "",
    )


def _render_invitation(delivery: Delivery) -> message_types.Invitation:
    link = _get_open_link(delivery, lazy_gettext("The invitation has ended before its mail could leave."))
    invitation = delivery_data.invitation_details(delivery)
    route = routing.find_route(link.email)  # somebody who only signs in with a provider finds it on the sign-in page
    has_link = route is None or not route.is_only
    return message_types.Invitation(
        envelope=message_headers.make_account_envelope(delivery, link.email),
        link=urls.sign_in_link_url(signed_links.link_token(link)) if has_link else urls.absolute_url("/sign-in"),
        inviter=invitation.inviter,
        role=invitation.role,
        organization=invitation.organization,
        expires_at=recipients.to_local_time(link.expires_at, None),
    )


def _render_identity_linked(delivery: Delivery) -> message_types.IdentityLinked:
    identity = db.session.get(Identity, delivery.subject_id)
    if identity is None:
        raise SkipDelivery(lazy_gettext("The account was disconnected before its mail could leave."))
    return message_types.IdentityLinked(
        envelope=message_headers.make_account_envelope(delivery, identity.user),
        way=connection_provider.get_title(identity.provider),
        address=identity.email or identity.user.email,
        when=recipients.to_local_time(identity.created_at, identity.user),
        sessions_url=urls.absolute_url("/account"),
        browser=_describe_browser(delivery),
    )


def _describe_browser(delivery: Delivery) -> str:
    browser = delivery_data.browser(delivery)
    return user_agent.describe_user_agent(browser) if browser else ""


def _render_mail_waiting(delivery: Delivery) -> message_types.MailWaiting:
    user = db.session.get(User, delivery.subject_id)
    if user is None or not user.is_active or not admission.admitting_organizations(user.email):
        raise SkipDelivery(lazy_gettext("They may no longer sign in."))
    return message_types.MailWaiting(
        envelope=message_headers.make_account_envelope(delivery, user, (delivery_data.answered_id(delivery),)),
        url=urls.absolute_url("/tickets"),
    )


def _get_open_link(delivery: Delivery, ended: str) -> SignInLink:
    link = db.session.get(SignInLink, delivery.subject_id)
    if link is None or link.used_at or link.expires_at < clock.now():
        raise SkipDelivery(ended)
    return link


RENDERERS = {
    DeliveryKind.sign_in: _render_sign_in,
    DeliveryKind.invitation: _render_invitation,
    DeliveryKind.linked: _render_identity_linked,
    DeliveryKind.mail_waiting: _render_mail_waiting,
}
