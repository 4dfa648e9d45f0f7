"""What people wrote stands in an element whose direction is that of the text, on every page.

A portal where every text is Hebrew is walked by everybody; each text node and each filled control with a Hebrew
character must have ``dir="auto"`` (or <bdi>, which means the same) at its element or above it.
"""

import re

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.tickets import ratings
from helpdesk.models.api_token import ApiToken
from helpdesk.models.attachment import Attachment
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.channel import Channel
from helpdesk.models.event import Event
from helpdesk.models.form import Field, Form
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.rating import Rating
from helpdesk.models.saved_view import SavedView
from helpdesk.models.sla import Holiday
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.models.webhook import Webhook
from tests.factories import signed_in_client
from tests.web import page_forms
from tests.web.route_world import World, routes
from tests.web.test_permissions import database_url, settings  # noqa: F401 - fixtures

HEBREW = re.compile("[\u0590-\u05ff]")
WORD = "\u05e9\u05dc\u05d5\u05dd"  # shalom
WRITTEN = (
    (Organization, ("name", "notes")),
    (User, ("name",)),
    (Ticket, ("subject",)),
    (Message, ("body", "author_name", "quoted")),
    (Rating, ("comment",)),
    (Event, ("actor_name",)),
    (AuditEntry, ("actor_name", "subject")),
    (Form, ("name", "description")),
    (Field, ("label", "help", "placeholder")),
    (Attachment, ("name",)),
    (CannedReply, ("title", "body")),
    (SavedView, ("name",)),
    (Holiday, ("name",)),
    (Webhook, ("name",)),
    (ApiToken, ("name",)),
    (Channel, ("name",)),
)
WHERE_DIRECTION_HAS_NO_PLACE = {"title", "script", "style", "template"}
SKIPPED = ("/static", "/live", "/api", "/healthz", "/readyz", "/metrics", "/files", "/sign-in/google", "/sign-in/micro")


def write_everything_in_hebrew(world: World, session) -> None:
    """Write a reply, a note, and a Hebrew text into every column that a person fills."""
    ticket = session.get(Ticket, world.parameters["number"])
    tickets.reply(ticket, author=world.people["agent"], body=f"{WORD} abc")
    tickets.add_note(ticket, author=world.people["agent"], body=f"{WORD} abc")
    field = session.query(Field).filter_by(key="room").one()
    tickets.change_answer(ticket, field, [f"{WORD} 12"], actor=world.people["agent"])
    solved = session.get(Ticket, world.parameters["other_number"])
    tickets.solve(solved, actor=world.people["agent"])
    ratings.save_rating(solved, user=world.people["requester"], score=1, comment=WORD)
    for model, columns in WRITTEN:
        for position, row in enumerate(session.query(model).all()):
            for column in columns:
                setattr(row, column, f"{WORD} {column} {position}")
    chosen.set("portal_name", f"{WORD} portal")
    session.commit()


def find_undirected(page) -> list[str]:
    """The Hebrew texts and values without a direction of their own, each with its element."""
    found = []
    for text in page.find_all(string=HEBREW):
        parents = list(text.parents)
        if "avatar" in (text.parent.get("class") or ()):  # initials: by their style
            continue
        if any(tag.name in WHERE_DIRECTION_HAS_NO_PLACE for tag in parents) or type(text).__name__ == "Comment":
            continue
        if not any(
            tag.name == "bdi" or tag.get("dir") == "auto" for tag in parents if tag.name not in ("body", "html")
        ):
            found.append(f"<{text.parent.name} class={text.parent.get('class')}> {text.strip()[:60]}")
    for control in page.find_all(["input", "textarea"]):
        shown = control.get("type") not in ("hidden", "checkbox", "radio")
        if shown and control.get("dir") != "auto" and HEBREW.search(control.get("value") or ""):
            found.append(f"input {control.get('name')}")
    return found


@pytest.fixture
def world(make, session):
    made = World(make, session)
    write_everything_in_hebrew(made, session)
    return made


def test_every_page_lets_a_text_have_its_own_direction(app, world):
    clients = {who: signed_in_client(app, world.people[who]) for who in ("requester", "agent", "admin")}
    found, pages = {}, 0
    for route in routes(app):
        method, _, rule = route.partition(" ")
        if method != "GET" or rule.startswith(SKIPPED) or rule.endswith(".csv"):
            continue
        for who, client in clients.items():
            answer = client.get(world.address(rule) + ("?q=abc" if rule == "/desk/palette" else ""))
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            pages += 1
            for text in find_undirected(page_forms.parse(answer)):
                found.setdefault(text, f"{who} {rule}")
    assert pages > 80
    assert not found, "\n" + "\n".join(f"{where}: {text}" for text, where in sorted(found.items(), key=str))
