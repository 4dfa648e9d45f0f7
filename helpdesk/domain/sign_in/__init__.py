"""How people come in and stay in: links by mail, providers, invitations, and the rows that say who is signed in where."""

from helpdesk.domain.sign_in import entering, invitations, limits, magic_links, providers, sessions  # noqa: F401
