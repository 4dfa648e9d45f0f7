"""Sign-in: by mailed links, by providers and by invitations; and sessions."""

from helpdesk.domain.authentication import invitations, login, magic_links, oidc, rate_limits, sessions  # noqa: F401
