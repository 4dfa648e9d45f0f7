"""The message when the demo has started: where to go and whom to sign in as."""

from helpdesk.cli.demo.demo_config import DemoConfig
from helpdesk.demo import personas

CUSTOMER_ADDRESSES = ("dana@globex.example", "nadia@initech.example", "ines@umbralabs.example")


def format_startup_message(config: DemoConfig) -> str:
    """Build the whole message."""
    team = "\n".join(f"      {person.email:34} {person.name}, {person.role}" for person in personas.AGENTS)
    customers = "\n".join(
        f"      {person.email:34} {person.name}, {person.title} at {personas.get_company(person.company).name}"
        for person in map(personas.get_person, CUSTOMER_ADDRESSES)
    )
    return f"""
  The helpdesk is running.

    Start page         {config.external_url}/
    Portal and desk    {config.portal_url}
    Slack workspace    {config.external_url}/slack/
    Mailbox            {config.external_url}/mailbox/

  Sign in at the portal with one of these addresses; the link arrives in the mailbox.
    Customers
{customers}
    The team
{team}

  Put the portal and the Slack workspace side by side, file a ticket as Dana, and answer it in Slack.

  Everything is stored in {config.var}; remove that folder to start again. Ctrl-C ends it all.
"""
