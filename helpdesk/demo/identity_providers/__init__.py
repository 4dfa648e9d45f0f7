"""Two OpenID Connect providers to sign in with, shaped like Google and Microsoft: same paths, same claims, no account."""

from helpdesk.demo.identity_providers.google import create_google
from helpdesk.demo.identity_providers.microsoft import create_microsoft
from helpdesk.demo.identity_providers.oidc_provider import Account, Provider

__all__ = ["Account", "Provider", "create_google", "create_microsoft"]
