"""The portal on a home screen: its manifest, and what other programs share with it."""

from io import BytesIO

import pytest
from sqlalchemy import func, select

from helpdesk.domain.portal import pictures
from helpdesk.domain.portal.pictures import Picture
from helpdesk.models.attachment import Attachment
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def client(make, browser_of):
    return browser_of(make.user(make.organization("Globex"), "Dana Kim"))


def test_what_a_telephone_shares_is_in_the_new_form(session, make, client):
    make.form("general", name="General")
    manifest = client.get("/manifest.webmanifest").get_json(force=True)
    target = manifest["share_target"]
    assert client.get(manifest["icons"][0]["src"]).data.startswith(b"\x89PNG")
    shared = {"title": "Screen", "text": "It flickers.", "url": "", "files": (BytesIO(PNG), "screen.png")}
    answer = client.post(target["action"], data=shared, headers={"Sec-Fetch-Site": "none"})
    page = parse_page(client.get(answer.headers["Location"]))
    assert (
        page.select_one("[name=subject]")["value"] == "Screen" and page.select_one("[name=body]").text == "It flickers."
    )
    assert page.select_one(".kept-uploads input")["value"] == session.scalar(select(Attachment.key))
    make.form("hardware", name="Hardware")  # several forms: the choice takes what was shared along
    choice = parse_page(client.get(answer.headers["Location"]))
    assert parse_page(client.get(choice.select_one(".form-choices a")["href"])).select_one(".kept-uploads input")


def test_a_long_shared_text_becomes_a_file_and_other_pages_cannot_share(session, make, client):
    make.form("general", name="General")
    answer = client.post("/tickets/shared", data={"text": "log " * 2000}, headers={"Sec-Fetch-Site": "none"})
    assert parse_page(client.get(answer.headers["Location"])).select_one(".kept-uploads input")
    for site in ("cross-site", "same-site", "same-origin", None):
        refused = client.post("/tickets/shared", data={"text": "x"}, headers={"Sec-Fetch-Site": site} if site else {})
        assert refused.status_code in (400, 403), site
    assert session.scalar(select(func.count()).select_from(Attachment)) == 1


def test_another_persons_upload_is_not_shown_by_its_key(session, make, client, browser_of):
    make.form("general", name="General")
    other = browser_of(make.user(make.organization("Initech")))
    other.post("/tickets/shared", data={"files": (BytesIO(PNG), "a.png")}, headers={"Sec-Fetch-Site": "none"})
    key = session.scalar(select(Attachment.key))
    assert not parse_page(client.get(f"/tickets/new?uploads={key}")).select_one(".kept-uploads")


def test_browsers_find_the_icon_of_a_document_that_names_none(session, make, client):
    """A mail's preview has no origin: the icon is for everybody, and gives no session."""
    client.delete_cookie("session")
    answer = client.get("/favicon.ico")
    assert answer.status_code == 200 and answer.data.startswith(b"<svg")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
    pictures.replace_picture(Picture.favicon, PNG, actor=make.agent("Maya", role="admin"))
    session.commit()
    assert client.get("/favicon.ico").data == PNG
