"""Two OpenID Connect providers to sign in with, shaped like Google and Microsoft: same paths, same claims, no account."""

from helpdesk.demo.providers.google import create_google
from helpdesk.demo.providers.microsoft import create_microsoft
from helpdesk.demo.providers.provider import Account, Provider

__all__ = ["Account", "Provider", "create_google", "create_microsoft"]
