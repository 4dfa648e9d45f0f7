"""The demo's people, companies, channels, accounts and the secrets between its servers.

Only data. The workspace, the mailbox, the sign-in providers and the portal's seed all read it, so that a person has the
same name, address and portrait everywhere.
"""

from dataclasses import dataclass

# Secrets of the demo only: they protect nothing and are public on purpose.
SIGNING_SECRET = "demo-only-signing-secret-0123456789"
BOT_TOKEN = "xoxb-demo-only-000000000001"
APP_TOKEN = "xapp-demo-only-000000000001"
VERIFICATION_TOKEN = "demo-only-verification-token"
INBOUND_SECRET = "demo-only-inbound-secret"
GOOGLE_CLIENT_ID = "demo-google-client.apps.example"
GOOGLE_CLIENT_SECRET = "demo-only-google-secret"
MICROSOFT_CLIENT_ID = "7d3f1c52-0000-4000-8000-00000000de30"
MICROSOFT_CLIENT_SECRET = "demo-only-microsoft-secret"

TEAM_ID = "T0NORTHWIND"
TEAM_NAME = "Northwind Support"
TEAM_DOMAIN = "northwind-support"
APP_ID = "A0HELPDESK1"
BOT_ID = "B0HELPDESK1"
BOT_USER_ID = "U0HELPDESK1"
BOT_NAME = "helpdesk"

SUPPORT_DOMAIN = "support.northwind.example"
SYSTEM_EMAIL = f"help@{SUPPORT_DOMAIN}"

USER_GROUPS = (("S0ONCALL001", "on-call", "On call"),)


@dataclass(frozen=True)
class Company:
    """A customer organization: its mail domains, the Slack channel made for it, and its Microsoft tenant."""

    key: str
    name: str
    domains: tuple[str, ...]
    channel_id: str
    tenant: str
    team_id: str = ""


@dataclass(frozen=True)
class Person:
    """A person. `company` is a company's key or "northwind"; `role` is their role in the portal.

    `slack` is empty when the person is not in the workspace; `standing` is their kind of membership: member,
    guest (several channels), single (one channel), external (Slack Connect) or gone (deactivated).
    `look` chooses hair and extra of the portrait, two digits; `hue` colours it.
    """

    name: str
    email: str
    company: str
    role: str = "requester"
    title: str = ""
    slack: str = ""
    standing: str = "member"
    hue: int = 210
    zone: str = "Europe/Berlin"
    look: str = ""

    @property
    def first(self) -> str:
        """The given name."""
        return self.name.split()[0]

    @property
    def handle(self) -> str:
        """The name used in mentions: the local part of the address."""
        return self.email.partition("@")[0]


@dataclass(frozen=True)
class SlackChannel:
    """A Slack channel of the workspace and the Slack user ids of those in it."""

    id: str
    name: str
    topic: str
    members: tuple[str, ...]
    shared_with: str = ""
    private: bool = False


COMPANIES = (
    Company("globex", "Globex", ("globex.example",), "C0GLOBEX001", "3b0c9f5e-1111-4a11-9111-00000910be40"),
    Company("initech", "Initech", ("initech.example",), "C0INITECH01", "5d2e7a10-2222-4b22-9222-0000141ec400"),
    Company(
        "umbra",
        "Umbra Labs",
        ("umbralabs.example",),
        "C0UMBRALABS",
        "91c4de77-3333-4c33-9333-0000bb7a1ab5",
        "T0UMBRALABS",
    ),
)
NORTHWIND_TENANT = "c0ffee00-4444-4d44-9444-000000041d00"

AGENTS = (
    Person(
        "Maya Lindqvist",
        f"maya@{SUPPORT_DOMAIN}",
        "northwind",
        "admin",
        "Head of Support",
        "U0MAYA00001",
        hue=262,
        look="12",
    ),
    Person("Tomás Herrera", f"tomas@{SUPPORT_DOMAIN}", "northwind", "lead", "Support Lead", "U0TOMAS0001", hue=18),
    Person(
        "Priya Raman",
        f"priya@{SUPPORT_DOMAIN}",
        "northwind",
        "agent",
        "Support Engineer",
        "U0PRIYA0001",
        hue=330,
    ),
    Person(
        "Jonas Weber",
        f"jonas@{SUPPORT_DOMAIN}",
        "northwind",
        "agent",
        "Support Engineer",
        "U0JONAS0001",
        hue=160,
    ),
)

COLLEAGUES = (
    Person(
        "Ellen Park",
        "ellen@northwind.example",
        "northwind",
        "none",
        "Account Manager",
        "U0ELLEN0001",
        hue=48,
        look="21",
    ),
    Person(
        "Rafael Costa",
        "rafael@costa-consulting.example",
        "northwind",
        "none",
        "Contractor",
        "U0RAFAEL001",
        "guest",
        hue=200,
    ),
    Person(
        "Nils Falk",
        f"nils@{SUPPORT_DOMAIN}",
        "northwind",
        "none",
        "Former Support Engineer",
        "U0NILS00001",
        "gone",
        hue=90,
        look="31",
    ),
)

ORGANIZATION_ADMINS = ("dana@globex.example", "nadia@initech.example", "ines@umbralabs.example")

REQUESTERS = (
    Person(
        "Dana Whitfield",
        "dana@globex.example",
        "globex",
        title="IT Manager",
        slack="U0DANA00001",
        standing="single",
        hue=350,
    ),
    Person("Oscar Lindgren", "oscar@globex.example", "globex", title="Warehouse Systems", hue=122),
    Person("Beatrice Mwangi", "beatrice@globex.example", "globex", title="Finance Controller", hue=285, look="20"),
    Person("Leo Tanaka", "leo@globex.example", "globex", title="Developer", hue=32),
    Person("Nadia Kowalski", "nadia@initech.example", "initech", title="Operations Lead", hue=190, look="21"),
    Person("Grant Ellison", "grant@initech.example", "initech", title="Security Officer", hue=8),
    Person("Yusuf Demir", "yusuf@initech.example", "initech", title="Data Analyst", hue=230),
    Person("Clara Jensen", "clara@initech.example", "initech", title="Office Manager", hue=60, look="11"),
    Person(
        "Inès Moreau",
        "ines@umbralabs.example",
        "umbra",
        title="Lab Director",
        slack="U0INES00001",
        standing="external",
        hue=310,
    ),
    Person(
        "Viktor Hahn",
        "viktor@umbralabs.example",
        "umbra",
        title="Platform Engineer",
        slack="U0VIKTOR001",
        standing="external",
        hue=145,
    ),
    Person(
        "Aisha Bello",
        "aisha@umbralabs.example",
        "umbra",
        title="Research Assistant",
        slack="U0AISHA0001",
        standing="external",
        hue=22,
    ),
    Person("Theo Marsh", "theo@umbralabs.example", "umbra", title="Procurement", hue=252, look="03"),
)

PEOPLE = AGENTS + COLLEAGUES + REQUESTERS

_TEAM_SLACK_IDS = tuple(p.slack for p in AGENTS)
SLACK_CHANNELS = (
    SlackChannel(
        "C0TRIAGE001", "triage", "Every new ticket lands here", (*_TEAM_SLACK_IDS, "U0ELLEN0001", BOT_USER_ID)
    ),
    SlackChannel(
        "C0GLOBEX001",
        "globex",
        "Globex: warehouse and finance",
        (*_TEAM_SLACK_IDS, "U0ELLEN0001", "U0RAFAEL001", "U0DANA00001", BOT_USER_ID),
    ),
    SlackChannel(
        "C0INITECH01", "initech", "Initech: operations and security", (*_TEAM_SLACK_IDS, "U0ELLEN0001", BOT_USER_ID)
    ),
    SlackChannel(
        "C0UMBRALABS",
        "umbra-labs",
        "Shared with Umbra Labs",
        (*_TEAM_SLACK_IDS, "U0INES00001", "U0VIKTOR001", "U0AISHA0001", BOT_USER_ID),
        shared_with="T0UMBRALABS",
    ),
    SlackChannel("C0GENERAL01", "general", "Everybody at Northwind", (*_TEAM_SLACK_IDS, "U0ELLEN0001")),
)
TRIAGE_CHANNEL_ID = SLACK_CHANNELS[0].id


def get_person(key: str) -> Person:
    """The person with this address or Slack user id. KeyError when there is none."""
    return _PEOPLE_BY_KEY[key]


def get_company(key: str) -> Company:
    """The company with this key. KeyError when there is none."""
    return _COMPANIES_BY_KEY[key]


_COMPANIES_BY_KEY = {c.key: c for c in COMPANIES}
_PEOPLE_BY_KEY = {p.email: p for p in PEOPLE} | {p.slack: p for p in PEOPLE if p.slack}

from helpdesk.demo.sample_tickets import FORMS, SAMPLE_TICKETS  # noqa: E402, they refer to the people above

__all__ = [
    "AGENTS",
    "COLLEAGUES",
    "COMPANIES",
    "FORMS",
    "PEOPLE",
    "REQUESTERS",
    "SLACK_CHANNELS",
    "SAMPLE_TICKETS",
    "get_company",
    "get_person",
]
