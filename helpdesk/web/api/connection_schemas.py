"""Sign-in connections in requests and responses of the API. The client secret is in no response."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from helpdesk import urls
from helpdesk.domain.authentication.connections import domain_proofs, roles
from helpdesk.domain.authentication.connections.administration import MAX_SESSION_HOURS
from helpdesk.domain.representations import Representation
from helpdesk.models.sign_in_connection import PRESETS
from helpdesk.web.api.schemas import FieldsPageParameters, Moment, OrganizationSlug, RequestBody, Slug, Text

Preset = Literal[PRESETS]
Gives = Literal[(*(str(role) for role in roles.TEAM_ROLES), *roles.VISIBILITIES, roles.ORGANIZATION_ADMIN)]
Domain = Annotated[Text, Field(min_length=1, max_length=253)]
Hours = Annotated[int, Field(ge=1, le=MAX_SESSION_HOURS)]
MAX_DOMAINS = 100


def _address(path: str) -> BeforeValidator:
    """The address of the connection with a slug, and ``path``."""
    return BeforeValidator(lambda slug: urls.own_provider_url(slug) + path)


def _describe_domains(rows: Any) -> list[dict[str, Any]]:
    return [
        {
            "domain": row.domain,
            "is_proven": row.verified_at is not None,
            "is_vouched": row.is_vouched,
            "missing_since": row.missing_since,
            "record_name": domain_proofs.record_name(row),
            "record_value": domain_proofs.record_value(row),
        }
        for row in rows
    ]


class ConnectionDomain(Representation):
    """A mail domain of a connection, and the TXT record that proves it. ``is_vouched``: an admin set it as proven."""

    domain: str
    is_proven: bool
    is_vouched: bool
    missing_since: datetime | None
    record_name: str
    record_value: str


class RoleRule(Representation):
    """What whoever has this value of a claim gets; the first rule that fits holds."""

    claim: str
    value: str
    gives: str


class Connection(Representation):
    """A sign-in connection; without ``organization`` it is the team's.

    ``redirect_address`` and ``logout_address`` are entered at the provider. ``sign_in_address`` is shared with its
    people; with ``?test=1`` an admin tries it. ``is_locked``: the organization's own admins cannot switch it on.
    """

    id: int
    organization: OrganizationSlug
    preset: Preset
    name: str
    issuer: str
    client_id: str
    tenant: str
    is_active: bool
    is_locked: bool
    redirects_at_once: bool
    logs_out_at_provider: bool
    session_hours: int | None
    secret_expires_at: datetime | None
    role_rules: list[RoleRule]
    domains: Annotated[list[ConnectionDomain], BeforeValidator(_describe_domains)]
    sign_in_address: Annotated[str, _address("")] = Field(validation_alias="slug")
    redirect_address: Annotated[str, _address("/authorized")] = Field(validation_alias="slug")
    logout_address: Annotated[str, _address("/logout")] = Field(validation_alias="slug")
    created_at: datetime
    last_sign_in_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str


class ProviderState(Representation):
    """Whether document and keys of the provider can be fetched, and if not, why not."""

    is_usable: bool
    reason: str
    sentence: str


class NewRoleRule(RequestBody):
    """A rule to be set. Customers get `organization`, `own` or `organization-admin`; the team one of its roles."""

    claim: Text = Field(pattern=r"^[^=\x00-\x1f]{1,200}$")
    value: Text = Field(pattern=r"^[^\x00-\x1f]{1,200}$")
    gives: Gives


Rules = Annotated[list[NewRoleRule], Field(max_length=roles.MAX_RULES)]
Domains = Annotated[list[Domain], Field(max_length=MAX_DOMAINS)]


class NewConnection(RequestBody):
    """A connection to be added."""

    organization: Slug | None = Field(None, description="An organization's slug; without one it is the team's.")
    preset: Preset = "oidc"
    name: Text = Field(min_length=1, max_length=80)
    issuer: Text = Field("", max_length=255, description="Google and Slack have one of their own.")
    client_id: Text = Field(min_length=1, max_length=255)
    client_secret: Text = Field(min_length=1, max_length=2000, description="Stored encrypted, and never returned.")
    tenant: Text = Field("", max_length=64)
    domains: Domains = Field(default_factory=list, description="Each counts once it is proven.")
    role_rules: Rules = Field(default_factory=list)
    session_hours: Hours | None = None
    secret_expires_at: Moment | None = None
    is_active: bool = True
    redirects_at_once: bool = False
    logs_out_at_provider: bool = False


class ConnectionChange(RequestBody):
    """Changes of a connection; omitted properties stay. Preset, issuer and organization cannot be changed."""

    name: Text = Field(default_factory=lambda: None, min_length=1, max_length=80)
    client_id: Text = Field(default_factory=lambda: None, min_length=1, max_length=255)
    client_secret: Text = Field(default_factory=lambda: None, min_length=1, max_length=2000)
    tenant: Text = Field(default_factory=lambda: None, max_length=64)
    domains: Domains = Field(default_factory=lambda: None, description="The only domains it shall have.")
    role_rules: Rules = Field(default_factory=lambda: None)
    session_hours: Hours | None = None
    secret_expires_at: Moment | None = None
    is_active: bool = Field(default_factory=lambda: None)
    redirects_at_once: bool = Field(default_factory=lambda: None)
    logs_out_at_provider: bool = Field(default_factory=lambda: None)


class ConnectionParameters(FieldsPageParameters):
    """Which connections: all, or those of one organization."""

    organization: Slug | None = Field(None, description="An organization's slug.")


ANSWERS = (Connection, ProviderState)
REQUEST_BODIES = (NewConnection, ConnectionChange)
