"""Add customer organizations, and invite agents."""

import click
from flask.cli import with_appcontext

from helpdesk import urls
from helpdesk.domain.authentication import invitations, second_factor, signed_links
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.forms import default_form
from helpdesk.domain.people import organizations, users
from helpdesk.extensions import db
from helpdesk.models.user import Role


@click.group()
def organization() -> None:
    """Customer organizations."""


@organization.command("add")
@click.argument("name")
@click.option(
    "--domain", "domains", multiple=True, metavar="D", help="A mail domain of the organization; may be repeated."
)
@click.option("--slack-channel", "slack_channels", multiple=True, metavar="C123", help="The id of its Slack channel.")
@click.option(
    "--specific-user",
    "specific_users",
    multiple=True,
    metavar="EMAIL",
    help="Let only the listed addresses sign in; may be repeated.",
)
@with_appcontext
def add_organization(
    name: str, domains: tuple[str, ...], slack_channels: tuple[str, ...], specific_users: tuple[str, ...]
) -> None:
    """Add the organization NAME; its people may sign in from then on."""
    added = organizations.create_organization(
        name, domains=domains, slack_channels=slack_channels, specific_users=specific_users
    )
    db.session.commit()
    click.echo(f"Added {added.name} ({added.slug}).")


@click.group()
def agent() -> None:
    """The team."""


@agent.command("invite")
@click.argument("email")
@click.option("--name", default="", help="The agent's name.")
@click.option(
    "--role",
    type=click.Choice([Role.agent.value, Role.lead.value, Role.admin.value]),
    default=Role.agent.value,
    show_default=True,
)
@with_appcontext
def invite_agent(email: str, name: str, role: str) -> None:
    """Add EMAIL to the team and print a link that signs them in once."""
    user, link = invitations.invite_agent(email, name=name, role=role)
    if user.is_admin:
        default_form.create_if_none(user)  # customers of a new installation find one
    url = urls.sign_in_link_url(signed_links.link_token(link))
    db.session.commit()
    expiry = f"{link.expires_at:%d %B, %H:%M} UTC"
    click.echo(f"{user.email} is on the team, as {role}. This link signs them in once, until {expiry}:")
    click.echo(url)


@agent.command("reset-second-factor")
@click.argument("email")
@with_appcontext
def reset_second_factor(email: str) -> None:
    """Switch off the second factor of EMAIL, who lost app, passkeys and recovery codes; they are signed out."""
    user = users.find_user(users.canonical_email(email))
    if user is None or not second_factor.is_on(user):
        raise ValidationError(f"{email} has no second factor.")
    second_factor.turn_off(user)
    db.session.commit()
    click.echo(f"The second factor of {user.email} is off.")
