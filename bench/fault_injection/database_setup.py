"""Creates the database of a run: the schema, the people, and a session cookie for each. Prints the cookies as JSON."""

import json
import sys

from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

import helpdesk
from bench.fault_injection import scenario
from helpdesk import clock
from helpdesk.cli import schema_migration
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import sessions
from helpdesk.domain.people import organizations, users
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.form import Field, Form, FormVersion
from helpdesk.models.user import Role, User

SETTING_VALUES = {
    "triage_channel": scenario.TRIAGE_CHANNEL_ID,
    "internal_domains": scenario.SUPPORT_DOMAIN,
    "system_email": f"help@{scenario.SUPPORT_DOMAIN}",
    "undo_seconds": 1,
    "web_undo_seconds": 1,
    "mail_while_reading": True,
    "assign_first_responder": True,
}


def main() -> None:
    """Prepare the database that the environment names."""
    app = helpdesk.create_app()
    with app.app_context():
        schema_migration.upgrade_schema()
        for name, value in SETTING_VALUES.items():
            settings.set(name, value)
        if not db.session.scalar(select(Channel.id).where(Channel.external_id == scenario.TRIAGE_CHANNEL_ID)):
            db.session.add(
                Channel(kind="slack", external_id=scenario.TRIAGE_CHANNEL_ID, name="triage", audience="team")
            )
        if not db.session.scalar(select(Form.id).limit(1)):
            version = FormVersion(form=Form(slug="default", name="Help"), number=1, published_at=clock.now())
            version.fields.append(Field(position=0, key="place", label="Place", kind="short_text"))
            db.session.add(version)
        companies = {company.key: _create_organization(company) for company in scenario.COMPANIES}
        cookies = {}
        for person in (*scenario.CUSTOMERS, *scenario.AGENTS):
            user = _create_user(person, companies.get(person.company))
            cookies[person.email] = _create_session_cookie(app, user)
        db.session.commit()
        json.dump({"cookies": cookies, "cookie_name": app.config["SESSION_COOKIE_NAME"]}, sys.stdout)


def _create_organization(company: scenario.Company):
    made = organizations.create_organization(
        company.key.title(), domains=[company.domain], slack_channels=[company.channel]
    )
    channel = db.session.scalar(select(Channel).where(Channel.external_id == company.channel))
    channel.is_shared = company.key == "umbra"
    return made


def _create_user(person: scenario.Person, organization) -> User:
    role = Role.requester if organization else Role.agent
    user = users.create_user(
        person.email, name=person.email.partition("@")[0].title(), role=role, organization=organization
    )
    user.email_verified_at = clock.now()
    user.slack_user_id = person.slack or None
    db.session.flush()
    return user


def _create_session_cookie(app, user: User) -> str:
    token = sessions.create_session(user, "link")
    signing = SecureCookieSessionInterface().get_signing_serializer(app)
    return signing.dumps({"_user_id": token, "_fresh": True, "_permanent": True})


if __name__ == "__main__":
    main()
