"""Two OpenID Connect providers with the paths and claims of Google and Microsoft, without passwords."""

from helpdesk.demo.identity_providers.google import create_google
from helpdesk.demo.identity_providers.microsoft import create_microsoft
from helpdesk.demo.identity_providers.oidc_provider import Account, Provider

__all__ = ["Account", "Provider", "create_google", "create_microsoft"]
