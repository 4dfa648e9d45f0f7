"""The signatures of webhooks: a new secret and the former one, and the time that is signed."""

import base64
import hmac
import time
from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.channels.webhook import http as webhook_http
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, PermissionDenied
from helpdesk.domain.integrations import webhook_secrets, webhooks
from helpdesk.models.user import User
from helpdesk.models.webhook import Webhook
from tests import time_travel
from tests.domain.webhooks.conftest import NEEDS_NO_DATABASE_OF_EACH_KIND, deliver
from tests.replaced_modules import replace_in


@NEEDS_NO_DATABASE_OF_EACH_KIND
def test_a_new_secret_and_the_former_one_both_count_for_a_week_or_until_that_is_ended(session, make, admin, receiver):
    hook = webhooks.save_webhook(None, name="CRM", url=receiver.url, events=["ticket.filed"], actor=admin)
    keys = [base64.b64decode(webhook_secrets.signing_secret(hook).removeprefix("whsec_"))]
    ids = hook.id, admin.id

    def load():
        return session.get(Webhook, ids[0]), session.get(User, ids[1])

    def change_secret():
        hook, admin = load()
        webhook_secrets.change_secret(hook, actor=admin)
        session.commit()
        keys.append(base64.b64decode(webhook_secrets.signing_secret(hook).removeprefix("whsec_")))

    def fitting():
        hook, admin = load()
        webhooks.send_test(hook, actor=admin)
        session.commit()
        deliver(session)
        headers, body = receiver.got[-1]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        sent = headers["webhook-signature"].split(" ")
        made = [f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys]
        assert set(sent) <= set(made)
        return [each in sent for each in made]

    session.commit()
    with pytest.raises(PermissionDenied):
        webhook_secrets.change_secret(hook, actor=make.agent())
    assert fitting() == [True]
    change_secret()
    assert fitting() == [True, True]
    with pytest.raises(ConflictError):
        change_secret()
    session.rollback()
    time_travel.advance(webhook_secrets.FORMER_PERIOD.total_seconds() + 1)
    assert fitting() == [False, True]
    change_secret()
    assert fitting() == [False, True, True]
    hook, admin = load()
    webhook_secrets.end_former_secret(hook, actor=admin)
    session.commit()
    assert fitting() == [False, False, True]
    actions = [entry.action for entry in audit_log.list_entries()][:3]
    assert actions == ["ended the former secret of a webhook", *["gave a webhook a new secret"] * 2]


@NEEDS_NO_DATABASE_OF_EACH_KIND
def test_the_time_that_is_signed_is_that_of_the_clock_that_all_machines_follow(app, monkeypatch):
    replace_in(monkeypatch, webhook_http, "checked_requests", post_request=lambda url, headers, body: headers)
    monkeypatch.setattr(clock, "_offset", timedelta(hours=-1))
    with time_travel.frozen():
        headers = webhook_http.post_request("key", "https://8.8.8.8/", [b"secret"], b"{}")
        assert headers["webhook-timestamp"] == str(int(clock.now().timestamp())) != str(int(time.time()))
