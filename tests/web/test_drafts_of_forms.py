"""Every form with a text of several lines has a draft: what is typed outlives the page, also where it changes something
that exists.
"""

import re

import pytest
from bs4 import BeautifulSoup

from tests.web.route_world import World, routes

TYPED = (
    "textarea[name]:not([hidden]), input[name][value]:not([type=hidden], [type=checkbox], [type=radio], [type=file])"
)

# What the form was loaded with, by which its draft knows whether somebody changed it since (draft_fields.js).
BASE = "input[type=hidden][value]:is([name=loaded], [name=version], [name=seen])"
OWN = "answer-1"  # an answer to a comment is changed by its agent only


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


def test_every_form_with_a_long_text_has_a_draft(app, browser_of, make, session):
    world = World(make, session)
    session.commit()
    clients = [browser_of(world.people[name]) for name in ("admin", "requester")]
    seen, lacking = set(), set()
    for route in routes(app):
        method, _, rule = route.partition(" ")
        if method != "GET" or re.search(r"^/(api|scim|live|hooks)\b|\.csv$", rule):
            continue
        for client in clients:
            answer = client.get(world.address(rule))
            if answer.status_code != 200 or not answer.mimetype.startswith("text/html"):
                continue
            for form in BeautifulSoup(answer.text, "html.parser").select("form[method=post]"):
                if not form.select("textarea[name]:not([hidden])") and not form.has_attr("data-draft"):
                    continue
                name = form.get("data-draft", "")
                seen.add(name)
                says_something = any(each.text.strip() or each.get("value") for each in form.select(TYPED))
                if not re.fullmatch(r"[a-z]+(-[\w-]{1,80})?", name):
                    lacking.add(f"{rule}: {form['action']} has no draft")
                elif says_something and not form.has_attr("data-draft-of-changes"):
                    lacking.add(f"{rule}: the draft of {name} says what exists")
                elif form.has_attr("data-draft-of-changes") and not form.select_one(BASE) and name != OWN:
                    lacking.add(f"{rule}: the draft of {name} does not know what it changes")
    assert len(seen) > 10
    assert not lacking, "\n".join(sorted(lacking))
