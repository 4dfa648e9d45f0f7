"""Who takes part: four customer organizations, twenty customers, five agents; and words marked by organization."""

import re
import threading
from dataclasses import dataclass

from helpdesk.demo import personas

SUPPORT_DOMAIN = personas.AGENTS[0].email.partition("@")[2]
TRIAGE_CHANNEL_ID = personas.TRIAGE_CHANNEL_ID
WORD_PATTERN = re.compile(r"Z(?P<organization>globex|initech|umbra|hooli)(?P<number>\d{5})Z")


@dataclass(frozen=True)
class Company:
    """A customer organization and its Slack channel. ``external_services`` creates the channel of the last one."""

    key: str
    channel: str

    @property
    def domain(self) -> str:
        return f"{self.key}.example"


@dataclass(frozen=True)
class Person:
    """A simulated user. ``slack`` is their Slack id, if they have one; ``company`` is empty for the team."""

    email: str
    company: str = ""
    slack: str = ""


COMPANIES = (
    Company("globex", "C0GLOBEX001"),
    Company("initech", "C0INITECH01"),
    Company("umbra", "C0UMBRALABS"),
    Company("hooli", "C0HOOLI0001"),
)
CUSTOMERS = tuple(
    Person(f"person{number}@{company.domain}", company.key) for company in COMPANIES for number in range(1, 6)
)
AGENTS = (*(Person(agent.email, slack=agent.slack) for agent in personas.AGENTS), Person(f"rosa@{SUPPORT_DOMAIN}"))
SLACK_ADMIN = next(agent.slack for agent in personas.AGENTS if agent.role == "admin")
CHANNELS = {company.channel: company.key for company in COMPANIES}


class WordGenerator:
    """Generates words that occur nowhere else; each contains its organization's key."""

    def __init__(self):
        self._lock = threading.Lock()
        self._last = 0

    def new(self, organization: str) -> str:
        with self._lock:
            self._last += 1
            return f"Z{organization}{self._last:05d}Z"


def get_owner(word: str) -> str:
    """The organization whose word it is."""
    return WORD_PATTERN.fullmatch(word)["organization"]


def find_words(text: str) -> list[str]:
    """Every generated word in ``text``, in order, with repeats."""
    return [found[0] for found in WORD_PATTERN.finditer(text)]
