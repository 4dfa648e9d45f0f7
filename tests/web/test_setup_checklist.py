"""The set-up checklist: an admin's first page until it is done, and each step tried for real, as parsed HTML."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from helpdesk import config
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.administration import entered_values, settings
from helpdesk.models.channel import Channel
from helpdesk.models.form import Form
from helpdesk.models.organization import Organization
from helpdesk.models.setting import Setting
from helpdesk.models.ticket import Ticket
from helpdesk.web.settings.setup import page as page_of_checklist
from tests import worker_helpers
from tests.web.pages import parse_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STEPS = ["look", "organization", "form", "mail", "sign_in", "inbound_mail", "slack", "ticket"]


@pytest.fixture(name="settings")
def settings_of_the_app(workspace):
    return {
        "SLACK_API_URL": workspace.api_url,
        "MAIL_DEFAULT_SENDER": "",
        "PORTAL_BASE_URL": "https://help.globex.test",
    }


@pytest.fixture
def admin(make):
    return make.agent("Maya", role="admin", email="maya@support.example")


@pytest.fixture
def client(admin, browser_of):
    return browser_of(admin)


def checklist(client, step=""):
    return parse_page(client.get("/settings/setup" + (f"?step={step}" if step else "")))


def send(client, path, status=303, **values):
    token = parse_page(client.get("/settings/setup")).select_one("[name=csrf_token]")["value"]
    response = client.post("/settings/setup" + path, data={"csrf_token": token} | values)
    assert response.status_code == status, response.get_data(as_text=True)[:3000]
    return parse_page(client.get(response.location)) if status == 303 else parse_page(response, status)


def done_steps(page):
    return [each["id"] for each in page.select("details.setup-step") if each.select_one("summary [aria-label=Done]")]


def results(page, step):
    return [notice.get_text(" ", strip=True) for notice in page.select(f"#{step} .notice")]


def test_it_is_an_admins_first_page_until_it_is_dismissed(client, make, browser_of):
    assert client.get("/").location == "/settings/setup"
    page = checklist(client)
    assert [each["id"] for each in page.select("details.setup-step")] == STEPS
    assert [each["id"] for each in page.select("details[open]")] == ["look"] and done_steps(page) == []
    assert browser_of(make.agent("Ola")).get("/").location == "/desk"
    send(client, "/dismissal")
    assert client.get("/").location == "/desk"
    assert parse_page(client.get("/settings")).select_one("a[href='/settings/setup']")
    assert not checklist(client).select_one("form[action='/settings/setup/dismissal']")


def test_missing_workers_are_said_once_they_had_time_to_start(client, monkeypatch):
    monkeypatch.setattr(page_of_checklist, "WORKERS_START_SECONDS", float("inf"))
    assert "start helpdesk worker" not in checklist(client).text
    monkeypatch.setattr(page_of_checklist, "WORKERS_START_SECONDS", 0)
    assert "0 workers are running." in checklist(client).text


def test_what_is_not_set_up_is_not_said_to_be_fine(client):
    page = parse_page(client.get("/settings/health"))
    rows = {row.bdi.text: row.select_one(".badge").text.strip() for row in page.select("main ul.rows.card > li")}
    assert rows["Slack"] == "Not set up" and rows["Database"] == "OK"


def test_it_is_no_first_page_where_people_work_already(client, make):
    make.ticket(make.user(make.organization("Globex")))
    assert client.get("/").location == "/desk"


def test_look_organization_and_form_are_made_in_the_checklist(client, session):
    page = send(client, "/look", portal_name="Globex Help", team_name="Support", accent="#2f5fd0")
    assert done_steps(page) == ["look"] and results(page, "look") == ["Name and look are saved."]
    page = send(client, "/look", 422, portal_name="", team_name="Support", accent="#2f5fd0")
    assert page.select_one("#look[open] .error-summary")
    page = send(client, "/organization", 422, name="", domains="nonsense")
    assert page.select_one("#organization[open] #field-domains")["value"] == "nonsense"
    page = send(client, "/organization", name="Initech", domains="initech.example initech.test")
    assert "organization" in done_steps(page)
    assert [domain.domain for domain in session.scalar(select(Organization)).domains] == [
        "initech.example",
        "initech.test",
    ]
    page = send(client, "/form")
    assert "form" in done_steps(page) and session.scalar(select(Form.slug)) == "default"
    assert "There was a form before" in results(send(client, "/form"), "form")[0]


def test_names_that_stay_as_they_are_were_chosen_too(client, session):
    values = settings.load_all()
    page = send(client, "/look", **{name: values[name] for name in ("portal_name", "team_name", "accent")})
    assert done_steps(page) == ["look"]


def test_a_mail_server_is_entered_tried_and_sends_a_test_mail(client, mailbox, session, admin):
    refused = send(client, "/connections/mail", 422, MAIL_SERVER="", system_email="help", security="none")
    assert len(refused.select("#mail .error-summary li")) >= 1
    page = send(
        client,
        "/connections/mail",
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT=str(mailbox.port),
        security="none",
        system_email="help@support.example",
    )
    assert any("answers" in sentence for sentence in results(page, "mail")), results(page, "mail")
    assert "mail" not in done_steps(page)
    page = send(client, "/connections/mail/test-mail")
    entered_values.apply({})  # as in a worker that read the settings before
    worker_helpers.drain(session)
    assert "mail" in done_steps(checklist(client))
    assert "sign_in" in done_steps(checklist(client))  # by a link
    page = send(client, "/connections/mail/delete")
    assert config.current().MAIL_SERVER == "" and "mail" not in done_steps(page)


def test_a_mailbox_is_entered_and_tried_and_one_way_in_is_needed(client):
    values = {"INBOUND_MAIL_DOMAIN": "reply.support.example"}
    page = send(client, "/connections/inbound_mail", 422, **values)
    assert page.select_one("#inbound_mail[open] #field-INBOUND_MAIL_SECRET-error")
    page = send(
        client, "/connections/inbound_mail", 422, INBOUND_MAIL_DOMAIN="not a domain", INBOUND_MAIL_SECRET="s" * 32
    )
    assert page.select_one("#inbound_mail[open] #field-INBOUND_MAIL_DOMAIN-error")
    page = send(client, "/connections/inbound_mail", 422, **values, IMAP_URL="http://user:secret-word@host/")
    assert "imaps://" in page.select_one("#inbound_mail .error-summary").text and "secret-word" not in str(page)
    page = send(client, "/connections/inbound_mail", **values, IMAP_URL="imaps://user:secret-word@127.0.0.1:1/INBOX")
    assert any("127.0.0.1" in sentence for sentence in results(page, "inbound_mail")), results(page, "inbound_mail")
    assert page.select_one("#inbound_mail form[action='/settings/mail/loop'] button"), "a sentence names this button"
    assert config.current().INBOUND_MAIL_DOMAIN == "reply.support.example" and "secret-word" not in str(page)


def test_a_mail_server_that_does_not_answer_is_named_where_one_looks(client):
    page = send(
        client,
        "/connections/mail",
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT="1",
        security="none",
        system_email="help@support.example",
    )
    assert any("127.0.0.1:1" in sentence for sentence in results(page, "mail")), results(page, "mail")
    assert page.select("#mail .notice-error") and not page.select(".flash .notice")


def test_the_slack_app_is_made_by_a_link_connected_by_two_values_and_gets_its_channel(client, session):
    page = checklist(client, "slack")
    link = urlsplit(page.select_one("#slack a[href^='https://api.slack.com/apps?']")["href"])
    made = json.loads(parse_qs(link.query)["manifest_json"][0])
    assert made["settings"]["interactivity"]["request_url"] == "https://help.globex.test/hooks/slack/actions"
    values = {"SLACK_BOT_TOKEN": "not-a-token", "SLACK_SIGNING_SECRET": personas.SIGNING_SECRET}
    assert not page.select("#slack label .optional") and len(page.select("#slack input[required]")) == 2
    page = send(client, "/connections/slack", 422, **values)
    assert "xoxb-" in page.select_one("#slack .field-error").text and "not-a-token" not in str(page)
    values["SLACK_BOT_TOKEN"] = "xoxb-somebody-elses"
    page = send(client, "/connections/slack", **values)
    assert any("does not accept the bot token" in sentence for sentence in results(page, "slack"))
    assert len(page.select("#slack label .optional")) == 2, "what is stored stays where nothing is typed"
    page = send(client, "/connections/slack", SLACK_BOT_TOKEN=personas.BOT_TOKEN, SLACK_SIGNING_SECRET="")
    assert any("Connected to" in sentence for sentence in results(page, "slack")), results(page, "slack")
    assert personas.BOT_TOKEN not in str(page) and personas.SIGNING_SECRET not in str(page)
    offered = [option["value"] for option in page.select("#slack select[name=channel] option")]
    assert personas.TRIAGE_CHANNEL_ID in offered
    page = send(client, "/channel", channel=personas.TRIAGE_CHANNEL_ID)
    assert any("posted, read back and deleted" in sentence for sentence in results(page, "slack"))
    assert settings.load_all()["triage_channel"] == personas.TRIAGE_CHANNEL_ID
    assert session.scalar(select(Channel.audience)) == "team"
    page = send(client, "/channel", channel="C0NOWHERE99")
    assert page.select("#slack .notice-error")


def test_what_the_environment_sets_is_said_and_cannot_be_entered(client, session, monkeypatch):
    started = config.started_with()
    config.set_current(started.replace({"SLACK_BOT_TOKEN": personas.BOT_TOKEN, "SLACK_SIGNING_SECRET": "e" * 32}))
    page = checklist(client, "slack")
    assert "Set by the environment" in page.select_one("#slack").text
    assert not page.select("#slack input[name=SLACK_BOT_TOKEN]")
    page = send(client, "/connections/slack", 422, SLACK_BOT_TOKEN="xoxb-mine", SLACK_SIGNING_SECRET="m" * 32)
    assert not session.scalars(select(Setting.key).where(Setting.key.startswith("environment."))).all()


def test_the_test_ticket_goes_all_the_way_and_says_where_it_is(client, make, session, admin, mailbox):
    make.channel("C0TRIAGE")
    globex = make.organization("Globex", domain="globex.example")
    page = send(client, "/ticket", 422, email="maya@support.example", organization=globex.slug)
    assert page.select_one("#ticket[open] .error-summary")
    page = send(client, "/ticket", email="dana@globex.example", organization=globex.slug)
    ticket = session.scalar(select(Ticket))
    assert ticket.requester.email == "dana@globex.example" and settings.load_all()["setup_ticket"] == str(ticket.number)
    stages = [stage.get_text(" ", strip=True) for stage in page.select(".setup-stages li")]
    assert any("waits for a worker" in stage or "has not arrived" in stage for stage in stages), stages
    assert "ticket" not in done_steps(page)
    tickets.reply(ticket, author=admin, body="It works.")
    tickets.reply(ticket, author=ticket.requester, body="Yes.")
    session.commit()
    reached = [
        stage.get_text(" ", strip=True)
        for stage in checklist(client).select(".setup-stages li")
        if stage.select_one("[aria-label=Done]")
    ]
    assert "The team answered." in reached and "The customer's reply came back." in reached


def test_who_installs_it_reads_how_to_get_back_in(browser_of, session):
    for way in ("sign_in_google", "sign_in_microsoft", "sign_in_link"):
        settings.set(way, False)
    session.commit()
    settings.invalidate_cache()
    page = BeautifulSoup(browser_of().get("/sign-in").text, "html.parser")
    assert page.select_one("main .empty code").text == "helpdesk agent invite you@your-company.example --role admin"
