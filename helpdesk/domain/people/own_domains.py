"""The domains of this installation, which cannot be a customer's."""

from sqlalchemy import select

from helpdesk import config
from helpdesk.domain import email_address
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.user import Role, User


def list_own_domains() -> set[str]:
    """Return our own domains: those of the settings, our mail, the portal and the team."""
    current, values = config.current(), settings.get_all()
    found = set(values["internal_domains"].lower().replace(",", " ").split()) | {
        current.INBOUND_MAIL_DOMAIN,
        current.portal_host,
    }
    for sender in (values["system_email"], current.MAIL_DEFAULT_SENDER):
        found.add(sender.rpartition("@")[2].strip(" >"))
    team = db.session.scalars(select(User.email).where(User.role != Role.requester))
    return {domain for domain in found | {email_address.domain_of(email) for email in team} if domain}
