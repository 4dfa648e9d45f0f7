"""Two dozen tickets with their conversations, in every status: what the portal is seeded with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleMessage:
    """One message of a sample ticket.

    `by` is an address; `kind` is reply or note; `via` is portal, desk, slack or email.
    """

    by: str
    hours_ago: float
    body: str
    kind: str = "reply"
    via: str = "portal"


@dataclass(frozen=True)
class SampleTicket:
    """One ticket. The first message is the description, by the requester, `hours_ago` hours before now.

    `answers` belong to the fields of `form`; `changes` are its other changes: (hours_ago, kind,
    by, value) with
    kind one of assigned, status, priority.
    """

    key: str
    organization: str
    requester: str
    subject: str
    status: str
    priority: str
    hours_ago: float
    messages: tuple[SampleMessage, ...]
    assignee: str | None = None
    form: str = "default"
    answers: tuple[tuple[str, str], ...] = ()
    changes: tuple[tuple[float, str, str, str], ...] = ()
    rating: int | None = None


@dataclass(frozen=True)
class FieldSpec:
    """One question of a form. `kind` is text, paragraph, select or date."""

    key: str
    label: str
    kind: str = "text"
    required: bool = False
    help: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormSpec:
    """A form a ticket can be filed with; every form also asks for subject and description."""

    slug: str
    name: str
    description: str
    fields: tuple[FieldSpec, ...] = ()


FORMS = (
    FormSpec("default", "Ask for help", "Any question or problem."),
    FormSpec(
        "incident",
        "Report an outage",
        "Something that worked has stopped working.",
        (
            FieldSpec(
                "service", "What is affected", "select", True, options=("Sync", "API", "Sign-in", "Reports", "Billing")
            ),
            FieldSpec("since", "Since when", "text", False, "A rough time is fine."),
            FieldSpec(
                "people", "How many people are affected", "select", False, options=("Only me", "My team", "Everyone")
            ),
        ),
    ),
    FormSpec(
        "access",
        "Request access",
        "For a new colleague, or more rights for an existing one.",
        (
            FieldSpec("who", "Who needs access", "text", True, "Name and work address."),
            FieldSpec("what", "To what", "text", True),
            FieldSpec("start", "First day", "date"),
        ),
    ),
)

from helpdesk.demo.sample_tickets import globex, initech, umbra  # noqa: E402, they need the classes above

SAMPLE_TICKETS: tuple[SampleTicket, ...] = globex.SAMPLE_TICKETS + initech.SAMPLE_TICKETS + umbra.SAMPLE_TICKETS
