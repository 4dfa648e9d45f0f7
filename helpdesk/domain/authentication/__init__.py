"""How people come in and stay in: links by mail, providers, invitations, and the rows that say who is signed in where."""

from helpdesk.domain.authentication import invitations, login, magic_links, oidc, rate_limits, sessions  # noqa: F401
