"""No value in any form field or URL causes a server error."""

import re
from urllib.parse import quote

import pytest
from werkzeug.datastructures import ImmutableMultiDict

from tests.web.route_world import World, csrf_of, routes

HOSTILE = {
    "huge number": str(2**63),
    "digits of elsewhere": "١٢٣",
    "superscript": "²",
    "a megabyte": "9" * 400_000,
    "quotes": "'\"`;--%_\\",
    "invisible": "\u202e\ufeff\u200b\ud7ff",
    "template": "{{7*7}}%s%n{0}",
    "header": "a\r\nX-Evil: 1",
    "negative": "-1",
}
# PostgreSQL refuses every kind of text; SQLite only numbers of more than 64 bits and what Python cannot encode.
BY_DATABASE = [("postgresql", what) for what in (*HOSTILE, "NUL")] + [
    ("sqlite", what) for what in ("huge number", "digits of elsewhere", "invisible")
]
KEPT = {"csrf_token"}


class Everything(ImmutableMultiDict):
    """A form that has every field anybody asks for, each with the same hostile text."""

    text = ""

    def __getitem__(self, key):
        return super().__getitem__(key) if key in KEPT else self.text

    def get(self, key, default=None, type=None):
        if key in KEPT:
            return super().get(key, default, type)
        try:
            return type(self.text) if type else self.text
        except ValueError:
            return default

    def getlist(self, key, type=None):
        return [self.text, self.text]

    def __contains__(self, key):
        return True


@pytest.fixture
def settings():
    return {"SLACK_SIGNING_SECRET": "s" * 32, "INBOUND_MAIL_SECRET": "i" * 32, "MAIL_SERVER": "127.0.0.1"}


@pytest.mark.parametrize(
    ("database_url", "what"), [each for each in BY_DATABASE if each[1] != "NUL"], indirect=["database_url"]
)
def test_no_form_value_causes_a_server_error(app, make, session, browser_of, monkeypatch, what):
    """Every route, as a customer and as an admin, with every field and parameter it reads holding the same text."""
    broken = []
    for who in ("requester", "admin"):
        world = World(make, session)
        client = browser_of(world.people[who])
        form = {"csrf_token": csrf_of(client)}
        with monkeypatch.context() as patch:
            patch.setattr(Everything, "text", HOSTILE[what])
            patch.setattr(app.request_class, "parameter_storage_class", Everything)
            patch.setattr(app.request_class, "files", property(lambda request: ImmutableMultiDict()))
            for route in sorted(routes(app), key=ends_something):
                method, _, rule = route.partition(" ")
                answer = client.open(world.address(rule), method=method, data=form if method != "GET" else None)
                answer.close()
                if answer.status_code >= 500:
                    broken.append(f"{who} {route}: {answer.status_code}")
    assert broken == []


@pytest.mark.parametrize(
    ("database_url", "what"), [each for each in BY_DATABASE if each[1] != "a megabyte"], indirect=["database_url"]
)
def test_no_url_part_causes_a_server_error(app, make, session, browser_of, what):
    """Every parameter in every path, one after the other."""
    broken = []
    world = World(make, session)
    client = browser_of(world.people["admin"])
    form = {"csrf_token": csrf_of(client)}
    for route in sorted(routes(app), key=ends_something):
        method, _, rule = route.partition(" ")
        for name in re.findall(r"<[^>]+>", rule):
            rest = rule.replace(name, quote(HOSTILE.get(what, "a\x00b"), safe=""))
            address = world.address(rest) if "<" in rest else rest
            answer = client.open(address, method=method, data=form if method != "GET" else None)
            answer.close()
            if answer.status_code >= 500:
                broken.append(f"{route} {name}: {answer.status_code}")
    assert broken == []


@pytest.mark.parametrize("address", ["/tickets", "/tickets/list", "/tickets.csv", "/tickets/similar", "/tickets/new"])
def test_nul_in_a_url_finds_nothing(make, browser_of, address):
    client = browser_of(make.user(make.organization()))
    names = ("q", "form", "from", "requester", "after", "subject", "n\x00o")
    is_refused = (
        {"form", "from", "requester"} if address.endswith(".csv") else set()
    )  # a file of what was not asked for
    for name in names:
        expected = (422,) if name in is_refused else (200, 404)
        assert client.get(address, query_string={name: "a\x00b"}).status_code in expected, name
    answer = client.get(address, query_string=dict.fromkeys(names, "a\x00b"))
    assert answer.status_code in ((422,) if is_refused else (200, 404))


def test_nul_in_a_form_is_removed(make, session, browser_of):
    dana = make.user(make.organization())
    ticket = make.ticket(dana)
    client = browser_of(dana)
    form = {"csrf_token": csrf_of(client), "body": "one\x00two", "form_token": "t\x00" * 20}
    assert client.post(f"/tickets/{ticket.number}/replies", data=form).status_code == 303
    again = form | {"form_token": "", "uploads": "k\x00"}
    assert client.post(f"/tickets/{ticket.number}/replies", data=again).status_code == 422
    session.rollback()
    assert [message.body for message in ticket.messages] == ["It really is.", "onetwo"]


UNREADABLE = {
    "cut off": b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nHalf of',
    "a name that is not UTF-8": b'--x\r\nContent-Disposition: form-data; name="a"; filename="R\xe9sum\xe9"\r\n\r\na\r\n--x--',
    "no part": b"body=Hello",
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", UNREADABLE)
def test_a_form_that_cannot_be_read_is_refused_and_not_taken_for_an_empty_one(make, session, browser_of, what):
    maya = make.agent(notification_channels={"mention": ["mail"]})
    client = browser_of(maya)
    headers = {"X-CSRFToken": csrf_of(client), "Content-Type": "multipart/form-data; boundary=x"}
    for path in ("/account/notifications", "/tickets/shared"):
        assert client.post(path, data=UNREADABLE[what], headers=headers).status_code == 400
    session.refresh(maya)
    assert maya.notification_channels == {"mention": ["mail"]}
    assert browser_of().post("/tickets/shared", data=UNREADABLE[what], headers=headers).status_code == 303


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_part_of_a_form_without_a_name_is_left_out(make, browser_of):
    client = browser_of(make.user(make.organization()))
    parts = b'--x\r\nContent-Disposition: form-data\r\n\r\nnobody\r\n--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n'
    headers = {"X-CSRFToken": csrf_of(client), "Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/previews", data=parts + b"**Hello**\r\n--x--", headers=headers)
    assert answer.status_code == 200 and "<strong>Hello</strong>" in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_page_whose_address_is_none_causes_no_server_error(make, browser_of):
    for address in ("http://[", "http://a]b/", "//[/tickets"):
        headers = {"HX-Request": "true", "HX-Current-URL": address}
        answer = browser_of().get("/tickets", headers=headers)
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")
        assert browser_of(make.agent()).get("/desk/palette", headers=headers).status_code == 200


def ends_something(route: str) -> tuple[int, str]:
    """What deletes comes last, so that the others still find what they are about; then what answers all others 503."""
    deletes = any(word in route for word in ("/delete", "erase", "sign-out", "/deactivation", "viewing"))
    return 2 if "/settings/maintenance" in route else int(deletes), route
