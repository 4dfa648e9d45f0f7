"""The settings pages: targets, mail, closing, exports, replies, webhooks, tokens and channels."""

import io
import zipfile

import pytest
from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.integrations import api_tokens
from helpdesk.domain.tickets import canned_replies
from helpdesk.models.api_token import ApiToken
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.delivery import Delivery
from helpdesk.models.organization import Organization
from helpdesk.models.sla import BusinessHours, Holiday, SlaPolicy
from helpdesk.models.user import User
from helpdesk.models.webhook import Webhook
from tests.web.pages import parse_page
from tests.web.test_running_the_desk import send

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def client(browser_of, admin):
    return browser_of(admin)


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


def test_targets_hours_and_holidays(client, make, session):
    make.organization("Globex")
    page = parse_page(send(client, "/settings/service-levels/targets", 422, **{"high-resolution": "soon"}), 422)
    assert page.select_one("#field-high-resolution")["value"] == "soon"
    send(client, "/settings/service-levels/targets", **{"high-resolution": "1h 30m"})
    send(client, "/settings/service-levels/targets", organization="globex", **{"urgent-first_response": "15m"})
    assert {(t.priority, t.first_response, t.resolution) for t in session.scalars(select(SlaPolicy))} == {
        ("high", None, 90),
        ("urgent", 15, None),
    }
    page = parse_page(client.get("/settings/service-levels?organization=globex"))
    assert page.select_one("#field-urgent-first_response")["value"] == "15m"
    page = parse_page(
        send(client, "/settings/service-levels/hours", 422, time_zone="Mars/Base", **{"hours-0": "9 to 5"}), 422
    )
    assert page.select_one("#field-hours-0")["value"] == "9 to 5" and len(page.select(".error-summary li")) == 2
    send(client, "/settings/service-levels/hours", time_zone="Europe/Berlin", **{"hours-0": "09:00-12:00, 13:00-17:00"})
    assert [
        (row.opens, row.closes) for row in session.scalars(select(BusinessHours).order_by(BusinessHours.opens))
    ] == [
        (540, 720),
        (780, 1020),
    ]
    send(client, "/settings/service-levels/holidays", 422, day="soon")
    send(client, "/settings/service-levels/holidays", day="2026-12-25", name="Christmas")
    send(client, "/settings/service-levels/holidays/2026-12-25/delete")
    session.rollback()
    assert session.scalar(select(Holiday)) is None
    assert "changed service levels" in session.scalars(select(AuditEntry.action)).all()


def test_mail_settings_previews_and_the_server(client, session):
    page = parse_page(
        send(client, "/settings/mail", 422, system_email="nobody", rating_style="stars", mail_grouping_seconds="0"), 422
    )
    assert page.select_one("#field-system_email")["value"] == "nobody"
    send(
        client,
        "/settings/mail",
        system_email="help@northwind.example",
        support_addresses="billing@northwind.example\r\nit@northwind.example",
        rating_style="faces",
        mail_grouping_seconds="30",
        mail_solved="1",
    )
    settings.invalidate_cache()
    assert (settings.get("system_email"), settings.get("mail_received"), settings.get("mail_grouping_seconds")) == (
        "help@northwind.example",
        False,
        30,
    )
    assert settings.get("support_addresses") == "billing@northwind.example\nit@northwind.example"
    refused = parse_page(send(client, "/settings/mail", 422, support_addresses="it@northwind.example or by phone"), 422)
    assert refused.select_one("#field-support_addresses").text.strip() == "it@northwind.example or by phone"
    assert "or: Enter one email address" in refused.text
    assert "sandbox" in client.get("/settings/mail/previews/reply/html").headers["Content-Security-Policy"]
    assert client.get("/settings/mail/previews/nothing").status_code == 404
    send(client, "/settings/mail/test")
    assert "No mail server is configured" in parse_page(client.get("/settings/mail")).text


def test_closing_and_retention_ask_before_they_bite(client, make, admin, session):
    send(client, "/settings/closing", 422, close_after_days="2", close_warning_days="3")
    send(client, "/settings/closing", close_after_days="9", close_warning_days="2")
    ticket = make.ticket()
    tickets.set_status(ticket, "closed", actor=admin)
    ticket.closed_at = ticket.updated_at = ticket.created_at.replace(year=2020)
    session.commit()
    page = parse_page(send(client, "/settings/retention", 422, retention_days="30"), 422)
    assert "1 closed tickets would be erased" in page.select_one(".error-summary").text
    send(client, "/settings/retention", retention_days="30", understood="1")
    settings.invalidate_cache()
    assert (settings.get("close_after_days"), settings.get("retention_days")) == (9, 30)


def test_exporting_and_erasing_need_the_name(client, make, session):
    ann = make.user(make.organization("Globex"), "Ann", email="ann@globex.example")
    make.ticket(ann, body="Words of Ann")
    assert f"/settings/retention/people/{ann.id}" in str(
        parse_page(client.get("/settings/retention?q=ann@globex.example"))
    )
    answer = send(client, f"/settings/retention/people/{ann.id}/export", 200)
    assert "person.json" in zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    send(client, f"/settings/retention/people/{ann.id}/erase", 422, name="Ann")
    assert session.get(User, ann.id).erased_at is None
    send(client, f"/settings/retention/people/{ann.id}/erase", name="ann@globex.example", words="1")
    session.expire_all()
    assert session.get(User, ann.id).erased_at
    globex = session.scalar(select(Organization))
    assert (
        "organization.json"
        in zipfile.ZipFile(
            io.BytesIO(send(client, f"/settings/retention/organizations/{globex.id}/export", 200).data)
        ).namelist()
    )
    send(client, f"/settings/retention/organizations/{globex.id}/erase", 422, name="globex")
    send(client, f"/settings/retention/organizations/{globex.id}/erase", name="Globex")
    session.expire_all()
    assert not session.get(Organization, globex.id).portal_enabled


def test_replies_are_written_changed_and_deleted(client, session, browser_of, make):
    page = parse_page(send(client, "/settings/replies", 422, title="Hi", body="{{nope}}", shared="1"), 422)
    assert (
        page.textarea.text.strip() == "{{nope}}"
        and "There is no variable {{nope}}." in page.select_one(".error-summary").text
    )
    send(client, "/settings/replies", title="Hi", body="Hello {{first_name}}", shared="1", status="pending")
    reply = session.scalar(select(CannedReply))
    assert "Hi" in parse_page(browser_of(make.agent()).get("/settings/replies")).text
    for reader, is_offered in ((browser_of(make.agent()), False), (client, True)):  # who may not save reads it first
        form = parse_page(reader.get(f"/settings/replies/{reply.id}")).select_one("form[data-draft]")
        assert bool(form.select_one("[type=submit]")) is is_offered
        assert ("Leads and admins write the team's macros" in form.text) is not is_offered
    page = parse_page(client.get(f"/settings/replies/{reply.id}"))
    version = page.select_one("[name=version]")["value"]
    canned_replies.save_reply(reply, title="Hi", body="Changed by another", actor=make.agent(role="lead"), shared=True)
    session.commit()
    page = parse_page(
        send(client, f"/settings/replies/{reply.id}", 409, title="Hi", body="Mine", shared="1", version=version), 409
    )
    assert "Somebody else changed this macro" in page.text and page.textarea.text.strip() == "Mine"
    canned_replies.save_reply(reply, title="Hi", body="Hi", actor=make.agent(role="lead"), tags="log, vpn", shared=True)
    session.commit()
    assert parse_page(client.get(f"/settings/replies/{reply.id}")).select_one("[name=tags]")["value"] == "log, vpn"
    send(client, f"/settings/replies/{reply.id}/delete")
    session.expire_all()
    assert session.scalar(select(CannedReply)) is None


def test_webhooks_show_their_secret_and_their_log(client, session, make):
    page = parse_page(
        send(client, "/settings/webhooks", 422, name="CRM", url="http://10.0.0.1/", events=["ticket.filed"]), 422
    )
    assert page.select_one("#field-url")["value"] == "http://10.0.0.1/" and page.select_one(
        "[value='ticket.filed']"
    ).has_attr("checked")
    send(
        client,
        "/settings/webhooks",
        name="CRM",
        url="https://hooks.example.com/",
        events=["ticket.filed"],
        is_active="1",
    )
    hook = session.scalar(select(Webhook))
    send(client, f"/settings/webhooks/{hook.id}/test")
    page = parse_page(client.get(f"/settings/webhooks/{hook.id}"))
    assert page.select_one("#webhook-secret").text.startswith("whsec_") and "test" in page.select_one("table").text
    delivery = session.scalar(select(Delivery))
    assert client.post(f"/settings/webhooks/{hook.id}/deliveries/999/retry").status_code in (400, 404)
    send(client, f"/settings/webhooks/{hook.id}/deliveries/{delivery.id}/retry")
    send(client, f"/settings/webhooks/{hook.id}/delete")
    session.expire_all()
    assert session.scalar(select(Webhook)) is None


def test_a_webhook_gets_a_new_secret_and_the_former_one_is_ended(client, session):
    send(client, "/settings/webhooks", name="CRM", url="https://8.8.8.8/", events=["ticket.filed"], is_active="1")
    address = f"/settings/webhooks/{session.scalar(select(Webhook.id))}"
    first = parse_page(client.get(address)).select_one("#webhook-secret").text
    send(client, f"{address}/secret")
    page = parse_page(client.get(address))
    assert page.select_one("#webhook-secret").text != first
    assert "The webhook has a new secret." in page.text and "signature with the former secret" in page.text
    send(client, f"{address}/secret")
    page = parse_page(client.get(address))
    assert "The former secret is still in use." in page.text and page.select_one(f"[action='{address}/secret']") is None
    send(client, f"{address}/former-secret/delete")
    page = parse_page(client.get(address))
    assert "The former secret has ended." in page.text and page.select_one(f"[action='{address}/secret']") is not None


def test_a_token_is_shown_once(client, session):
    page = parse_page(send(client, "/settings/api-tokens", 422, name="CI", days="90"), 422)
    assert page.select_one("#field-name")["value"] == "CI"
    page = parse_page(send(client, "/settings/api-tokens", 200, name="CI", scopes=["tickets:read"], days="90"))
    secret = page.select_one("#new-token").text
    assert api_tokens.find_token(secret)
    assert secret not in client.get("/settings/api-tokens").get_data(as_text=True)
    send(client, f"/settings/api-tokens/{session.scalar(select(ApiToken)).id}/revocation")
    session.expire_all()
    assert api_tokens.find_token(secret) is None


def test_channels_say_what_is_missing(client, make, session):
    make.channel("C0TRIAGE")
    page = parse_page(client.get("/settings/channels"))
    assert "SLACK_BOT_TOKEN is empty" in page.text and "#c0triage" in page.text
    page = parse_page(send(client, "/settings/channels", 422, channel="nonsense", audience="team"), 422)
    assert page.select_one("#field-channel")["value"] == "nonsense"
    send(client, "/settings/channels", 422, channel="C0GLOBEX", audience="customer")
    send(client, "/settings/channels/options", undo_seconds="45")
    settings.invalidate_cache()
    assert settings.get("undo_seconds") == 45
    send(client, "/settings/channels/1/internal", internal="1")
