"""The presets of connections: what each provider's claims prove. Google's hd, Microsoft's tid and oid, Slack's own ids.

Sources: Google, "Authenticate with the backend server"; Microsoft, "ID token claims reference" and "Secure
applications against the full subject/issuer"; Slack, "Sign in with Slack".
"""

import pytest

from helpdesk import clock
from helpdesk.domain.administration import settings as stored_settings
from helpdesk.domain.authentication.connections import claims, sign_in
from helpdesk.domain.authentication.login import LoginResult, NotAdmitted
from helpdesk.domain.authentication.oidc import EmailProofRequired
from helpdesk.domain.authentication.provider_claims import PERSONAL_ACCOUNTS_TENANT_ID, UnverifiedIdentity
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.models.user import Identity

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DANA = "dana@globex.example"
TENANT, OTHER_TENANT = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
USER_ID, TEAM_ID = "https://slack.com/user_id", "https://slack.com/team_id"


def connect(session, organization, preset, issuer, domain, **values):
    connection = SignInConnection(
        organization=organization, preset=preset, name=preset, issuer=issuer, client_id="portal", **values
    )
    connection.role_rules = []
    connection.domains = [ConnectionDomain(domain=domain, verified_at=clock.now())]
    session.add(connection)
    session.commit()
    return connection


def outcome(session, connection, said):
    """What an ID token that says this leads to, taken back: a word, and the address."""
    try:
        result = sign_in.sign_in(connection, claims.parse_claims(connection, said))
        if isinstance(result, EmailProofRequired):
            return "mail", result.email
        assert isinstance(result, LoginResult)
        return "in", result.user.email
    except NotAdmitted:
        return "refused", ""
    except UnverifiedIdentity:
        return "unproven", ""
    finally:
        session.rollback()


def test_google_proves_an_address_of_its_own_workspace_only(session, globex):
    connection = connect(session, globex, "google", "https://accounts.google.com", "globex.example")
    good = {"sub": "1", "email": DANA, "email_verified": True, "hd": "globex.example"}
    for change, expected in (
        ({}, "in"),
        ({"email_verified": "true"}, "in"),
        ({"hd": None}, "mail"),  # a private account made with this address outlives the job
        ({"hd": "initech.example"}, "mail"),
        ({"hd": "globex.example.evil.example"}, "mail"),
        ({"email_verified": False}, "mail"),
        ({"email_verified": None}, "mail"),
        ({"email": "rita@initech.example", "hd": "initech.example"}, "refused"),
        ({"sub": None}, "unproven"),
    ):
        assert outcome(session, connection, good | change)[0] == expected, change


def test_microsoft_is_one_directory_and_an_account_is_its_oid(session, globex):
    issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    connection = connect(session, globex, "microsoft", issuer, "globex.example")
    good = {"sub": "pairwise", "oid": "o1", "tid": TENANT, "email": DANA, "xms_edov": True}
    for change, expected in (
        ({}, "in"),
        ({"xms_edov": None}, "in"),
        ({"xms_edov": "1"}, "in"),
        ({"email": None, "preferred_username": DANA}, "in"),
        ({"xms_edov": False}, "mail"),
        ({"xms_edov": "0"}, "mail"),
        ({"tid": OTHER_TENANT}, "unproven"),
        ({"tid": PERSONAL_ACCOUNTS_TENANT_ID}, "unproven"),
        ({"tid": None}, "unproven"),
        ({"tid": "v2.0"}, "unproven"),
        ({"oid": None}, "unproven"),
        ({"email": "maya@support.example"}, "refused"),
    ):
        assert outcome(session, connection, good | change)[0] == expected, change
    assert claims.parse_claims(connection, good).subject == "o1"


def test_a_person_in_slack_and_on_the_web_is_one_without_comparing_addresses(session, make):
    stored_settings.set("internal_domains", "support.example")
    connection = connect(session, None, "slack", "https://slack.com", "support.example", tenant="T1")
    maya, omar = (make.agent(name, email=f"{name.lower()}@support.example") for name in ("Maya", "Omar"))
    maya.slack_user_id = "U1"
    session.commit()
    good = {"sub": "U1", USER_ID: "U1", TEAM_ID: "T1", "email": "m.private@mail.example", "email_verified": True}
    for change, expected in (
        ({}, ("in", maya.email)),
        ({"email": omar.email}, ("in", maya.email)),
        ({TEAM_ID: "T2"}, ("refused", "")),
        ({TEAM_ID: None}, ("unproven", "")),
        ({TEAM_ID: ["T1"]}, ("unproven", "")),
        ({USER_ID: None}, ("unproven", "")),
        ({USER_ID: "U2", "email": omar.email}, ("mail", omar.email)),  # not linked: once, by a mail
        ({USER_ID: "U2", "email": omar.email, "email_verified": False}, ("refused", "")),
        ({USER_ID: "U2"}, ("refused", "")),
    ):
        assert outcome(session, connection, good | change) == expected, change
    sign_in.sign_in(connection, claims.parse_claims(connection, good))
    assert session.query(Identity).one().subject == "U1"
    session.commit()
    maya.slack_user_id, omar.slack_user_id = None, "U1"
    session.commit()
    assert outcome(session, connection, good) == ("in", omar.email), "an admin corrected whose account it is"
