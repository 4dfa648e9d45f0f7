"""No page renders text of any column as markup (XSS)."""

import pytest
from sqlalchemy import select, update

from helpdesk.domain.administration import settings as chosen
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.message import Message
from tests.web.route_world import World, routes

EVIL = "\"'><img src=x onerror=alert(1) hx-get=/x hx-trigger=load>{{7*7}}</textarea></script><script>alert(1)</script>"
MARKUP = (
    "<img src=x",
    "<script>alert",
    "</textarea></script>",
    "&lt;img src=x onerror=alert(1) hx-get=/x hx-trigger=load&gt;49",
)
NOT_WORDS = {
    "key",
    "slug",
    "email",
    "domain",
    "token_hash",
    "external_id",
    "kind",
    "role",
    "status",
    "priority",
    "state",
    "source",
    "queue_key",
    "ticket_visibility",
    "default_ticket_visibility",
    "audience",
    "time_zone",
    "url",
    "media_type",
    "version",
    "nonce",
    "form_token",
    "revision",
    "provider",
    "picture_url",
    "author_picture",
    "shown_if_key",
    "origin_external_id",
    "origin_edited",
    "purpose",
    "code",
    "ip_prefix",
    "browser_hash",
    "next_path",
    "refused",
    "slack_user_id",
    "issuer",
    "subject_id",
    "accent",
    "rendered",
    "value",
    "id",
    "microsoft_tenant",
    "sender",
    "outcome_kind",
    "lease_owner",
    "team_id",
    "recipient",
    "payload",
    "pending_identity",
    "day",
}


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def settings():
    providers = {f"{name}_OAUTH_CLIENT_{what}": "x" for name in ("GOOGLE", "MICROSOFT") for what in ("ID", "SECRET")}
    return {**providers, "MAIL_SERVER": "127.0.0.1"}


@pytest.fixture
def world(make, session):
    """A world in which every word is hostile."""
    world = World(make, session)
    for message in session.scalars(select(Message)):
        message.set_body(EVIL)
    session.commit()
    spoilt = 0
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if (
                column.type.python_type is str
                and column.name not in NOT_WORDS
                and not column.primary_key
                and not column.foreign_keys
            ):
                try:
                    with session.begin_nested():
                        session.execute(
                            update(table).values({column.name: EVIL[: getattr(column.type, "length", None) or 400]})
                        )
                    spoilt += 1
                except Exception as error:
                    assert "constraint" in str(error).lower(), error
    for name in ("portal_name", "team_name"):
        chosen.set(name, EVIL[:60])
    session.commit()
    assert spoilt > 30
    return world


def test_no_page_renders_user_text_as_markup(app, browser_of, world):
    found, seen = [], 0
    for who in ("stranger", "requester", "lead", "admin"):
        client = browser_of(world.people[who])
        for route in routes(app):
            method, _, rule = route.partition(" ")
            if method != "GET" or "live" in rule or rule.startswith("/files"):
                continue
            answer = client.get(
                world.address(rule), query_string={"q": EVIL, "subject": EVIL, "next": EVIL, "for": EVIL, "into": EVIL}
            )
            if answer.mimetype == "text/html":
                seen += EVIL[3:10] in answer.text.replace("&lt;", "<")
                found += [f"{who} {route}: {each}" for each in MARKUP if each in answer.text]
            answer.close()
    assert seen > 40, "the words are hardly shown anywhere, so this tests nothing"
    assert found == []


def test_file_name_cannot_inject_headers_or_paths(browser_of, world, session):
    key = session.scalar(select(Attachment.key).where(Attachment.message_id.is_not(None)))
    session.execute(
        update(Attachment).values(
            name='a"\r\nSet-Cookie: x=1\r\n\r\n<script>; filename=../../etc/passwd \u202egpj.exe ü'
        )
    )
    session.commit()
    answer = browser_of(world.people["requester"]).get(f"/files/{key}")
    disposition = answer.headers["Content-Disposition"]
    assert answer.status_code == 200 and "x" not in (answer.headers.get("Set-Cookie") or "").split("=")[:1]
    assert disposition.startswith("attachment; ") and disposition.count('"') == 2 and disposition.isascii()
    assert not set("\r\n<>/\\") & set(disposition)
