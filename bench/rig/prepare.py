"""Makes the database of a run: the schema, the people, and a signed-in browser for each. Prints them as JSON."""

import json
import sys

from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

import helpdesk
from bench.rig import world
from helpdesk import clock
from helpdesk.cli import schema
from helpdesk.domain import organizations, people, settings
from helpdesk.domain.sign_in import sessions
from helpdesk.extensions import db
from helpdesk.models.channels import Channel
from helpdesk.models.forms import Field, Form, FormVersion
from helpdesk.models.people import Role, User

CHOSEN = {
    "triage_channel": world.TRIAGE,
    "internal_domains": world.SUPPORT,
    "system_email": f"help@{world.SUPPORT}",
    "undo_seconds": 1,
    "mail_while_reading": True,
    "assign_first_responder": True,
}


def main() -> None:
    """Prepare the database that the environment names."""
    app = helpdesk.create_app()
    with app.app_context():
        schema.upgrade()
        for name, value in CHOSEN.items():
            settings.set(name, value)
        if not db.session.scalar(select(Channel.id).where(Channel.external_id == world.TRIAGE)):
            db.session.add(Channel(kind="slack", external_id=world.TRIAGE, name="triage", audience="team"))
        if not db.session.scalar(select(Form.id).limit(1)):
            version = FormVersion(form=Form(slug="default", name="Help"), number=1, published_at=clock.now())
            version.fields.append(Field(position=0, key="place", label="Place", kind="short_text"))
            db.session.add(version)
        companies = {company.key: _company(company) for company in world.COMPANIES}
        cookies = {}
        for person in (*world.CUSTOMERS, *world.AGENTS):
            user = _user(person, companies.get(person.company))
            cookies[person.email] = _cookie(app, user)
        db.session.commit()
        json.dump({"cookies": cookies, "cookie_name": app.config["SESSION_COOKIE_NAME"]}, sys.stdout)


def _company(company: world.Company):
    made = organizations.add(company.key.title(), domains=[company.domain], slack_channels=[company.channel])
    channel = db.session.scalar(select(Channel).where(Channel.external_id == company.channel))
    channel.is_shared = company.key == "umbra"
    return made


def _user(person: world.Person, organization) -> User:
    role = Role.requester if organization else Role.agent
    user = people.create(
        person.email, name=person.email.partition("@")[0].title(), role=role, organization=organization
    )
    user.proven_at = clock.now()
    user.slack_user_id = person.slack or None
    db.session.flush()
    return user


def _cookie(app, user: User) -> str:
    token = sessions.start(user, "link")
    signing = SecureCookieSessionInterface().get_signing_serializer(app)
    return signing.dumps({"_user_id": token, "_fresh": True, "_permanent": True})


if __name__ == "__main__":
    main()
