"""OpenID Connect providers without passwords: as Google and Microsoft, and as a company's own."""

from helpdesk.demo.identity_providers.company import CompanyProvider, create_company
from helpdesk.demo.identity_providers.google import create_google
from helpdesk.demo.identity_providers.microsoft import create_microsoft
from helpdesk.demo.identity_providers.oidc_provider import Account, Provider

__all__ = ["Account", "CompanyProvider", "Provider", "create_company", "create_google", "create_microsoft"]
