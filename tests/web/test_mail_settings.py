"""Addresses mail comes from with their DNS, a test mail, and addresses that take none: as parsed HTML."""

import pytest
from sqlalchemy import select

from helpdesk.channels.email import diagnostics, dkim_signing
from helpdesk.channels.email.render import sample_messages
from helpdesk.domain.administration import settings
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.delivery import Delivery
from tests import worker_helpers
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KEY = dkim_signing.generate_key("support.example")


@pytest.fixture(name="settings")
def settings_of_the_app(mailbox):
    return {"DKIM_PRIVATE_KEY": KEY.private_key, "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": mailbox.port}


@pytest.fixture
def client(make, browser_of):
    return browser_of(make.agent("Ada", role="admin", email="ada@support.example"))


@pytest.fixture
def globex(make):
    return make.organization("Globex")


def send(client, path, **values):
    token = parse_page(client.get("/settings/mail/senders")).select_one("[name=csrf_token]")["value"]
    return client.post(path, data={"csrf_token": token} | values)


def test_an_organization_gets_its_own_address_and_loses_it(client, globex, session):
    chosen = {"organization": globex.id, "from_address": "two words@globex"}
    page = parse_page(send(client, "/settings/mail/senders", **chosen), 422)
    assert page.select_one("#field-from_address")["value"] == "two words@globex" and page.select_one(".error-summary")
    assert page.select_one("#field-organization option[selected]").text == "Globex"
    assert send(client, "/settings/mail/senders", organization="9" * 30).status_code == 422
    assert (
        send(client, "/settings/mail/senders", organization=globex.id, from_address="Care@Globex.example").status_code
        == 303
    )
    page = parse_page(client.get("/settings/mail/senders"))
    assert [title.text for title in page.select("h2")][:2] == ["help@support.example", "care@globex.example"]
    assert "once own From addresses are switched on" in page.text
    names = [cell.text for cell in page.select("section:nth-of-type(2) th[scope=row]")]
    assert names == ["globex.example", "helpdesk._domainkey.globex.example", "_dmarc.globex.example"]
    assert send(client, "/settings/mail/senders", organization=globex.id, from_address="").status_code == 303
    session.refresh(globex)
    assert globex.from_address is None
    assert (
        session.scalars(select(AuditEntry.subject).where(AuditEntry.action.contains("address mail comes"))).all()
        == ["Globex"] * 2
    )


def test_the_dns_is_asked_and_what_it_says_stands_beside_the_address(client, monkeypatch):
    there = {
        "support.example": ["v=spf1 mx ~all"],
        "helpdesk._domainkey.support.example": [dkim_signing.public_key_record(KEY)],
    }
    monkeypatch.setattr(diagnostics, "_query_txt", lambda name: there.get(name, []))
    page = parse_page(send(client, "/settings/mail/senders/check", email="help@support.example"))
    good, bad = ([notice.text.strip() for notice in page.select(f".notice-{kind}")] for kind in ("success", "error"))
    assert good == ["SPF: support.example is right.", "DKIM: helpdesk._domainkey.support.example is right."]
    assert len(bad) == 1 and bad[0].startswith("DMARC: _dmarc.support.example has no TXT record")


def test_only_our_own_addresses_are_asked_about(client, monkeypatch):
    monkeypatch.setattr(diagnostics, "_query_txt", lambda name: pytest.fail(f"{name} was asked"))
    assert send(client, "/settings/mail/senders/check", email="x@evil.example").status_code == 303
    assert "No mail comes from that address" in parse_page(client.get("/settings/mail/senders")).text


def test_a_key_that_is_none_is_said_and_breaks_nothing(client, monkeypatch):
    monkeypatch.setattr(
        dkim_signing, "configured_key", lambda domain, config=None: dkim_signing.DkimKey(domain, "helpdesk", "no key")
    )
    assert "not a private key" in parse_page(client.get("/settings/mail/senders")).select_one(".notice-error").text
    assert (
        "not a private key"
        in parse_page(send(client, "/settings/mail/senders/check", email="help@support.example")).text
    )


def test_a_test_mail_reaches_whoever_asked_for_it(client, session, mailbox):
    assert send(client, "/settings/mail/test-mail").status_code == 303
    assert "on its way to ada@support.example" in parse_page(client.get("/settings/mail")).text
    worker_helpers.drain(session)
    assert session.scalars(select(Delivery.state).where(Delivery.kind == "mail_test")).all() == ["sent"]
    assert mailbox.wait_for("ada@support.example").recipients == ("ada@support.example",)


def test_an_address_that_takes_no_mail_is_tried_again(client, globex, make, session):
    user = make.user(globex, email="gone@globex.example")
    for _ in range(undeliverable_addresses.MAX_FAILURES):
        undeliverable_addresses.record_bounce(user.email, "550 no such user <b>here</b>")
    session.commit()
    page = parse_page(client.get("/settings/mail"))
    row = page.select_one("#dead ~ .table-scroll tbody tr")
    assert "gone@globex.example" in row.text and "550 no such user <b>here</b>" in row.text and not row.select("b")
    assert send(client, row.select_one("form")["action"]).status_code == 303
    session.refresh(user)
    assert (user.email_undeliverable_reason, user.mail_failures) == (None, 0)
    assert not parse_page(client.get("/settings/mail")).select("#dead ~ .table-scroll")
    assert send(client, f"/settings/mail/dead/{9**30}/revival").status_code == 404


def test_every_mail_has_a_preview_in_our_own_name(client, session):
    settings.set("portal_name", "Northwind Help")
    session.commit()
    settings.invalidate_cache()
    links = [link["href"] for link in parse_page(client.get("/settings/mail")).select("#previews ~ ul a")]
    assert [link.rpartition("/")[2] for link in links] == list(sample_messages.sample_mails())
    for link in links:
        assert parse_page(client.get(link)).select_one("dd").text
        assert "Northwind Help" in client.get(link + "/html").text


def test_incoming_mail_says_what_is_missing(client):
    page = parse_page(client.get("/settings/mail"))
    assert "Incoming mail is off" in page.select_one("section[aria-labelledby=incoming]").text


def test_the_switch_for_tickets_by_mail_names_every_address_that_it_holds_for(client):
    label = parse_page(client.get("/settings/mail")).select_one("label[for=field-tickets_by_mail]").text
    assert all(each in label for each in ("the system address", "a further address", "an organization's own"))
