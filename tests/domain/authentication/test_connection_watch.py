"""Admins are notified of what keeps people from signing in with a connection: once, by mail, and again if it comes back."""

import base64
from datetime import UTC, datetime, timedelta

import flask
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain.authentication import provider_keys
from helpdesk.domain.authentication.connections import administration, domain_proofs, sign_in, troubles
from helpdesk.domain.authentication.connections.diagnostics import ProviderState
from helpdesk.domain.authentication.provider_claims import ProviderClaims
from helpdesk.domain.monitoring import connection_watch as watch
from helpdesk.domain.notifications import sentences
from helpdesk.models.notification import Notification
from helpdesk.translation import format_date
from tests import process_state, worker_helpers
from tests.domain import mail_samples
from tests.web.sign_in.companies import connect, serve_company

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(name="settings")
def environment(workspace, mailbox):
    return mail_samples.settings(workspace, mailbox) | {"WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def provider():
    with serve_company("Globex") as provider:
        yield provider


@pytest.fixture
def connection(session, globex, provider):
    return connect(session, globex, provider)


@pytest.fixture
def ada(make):
    make.agent("Lee", role="lead")
    return make.agent("Ada", role="admin", email="ada@support.example")


def list_notified(session) -> list[tuple[str, str]]:
    session.commit()
    session.expire_all()
    rows = session.scalars(select(Notification).order_by(Notification.id))
    return [(row.user.email, sentences.describe(row)) for row in rows]


def test_a_secret_that_runs_out_is_mailed_two_weeks_before_and_three_days_before(
    session, connection, ada, mailbox, later
):
    ends = connection.secret_expires_at = clock.now() + timedelta(days=15)
    session.commit()
    watch.watch(connection.id)
    assert list_notified(session) == []
    sentence = f"Globex: its secret runs out on {format_date(ends.date())}."
    later(days=2)
    watch.watch(connection.id)
    watch.watch(connection.id)
    assert list_notified(session) == [(ada.email, sentence)]
    [row] = session.scalars(select(Notification))
    assert sentences.path(row) == f"/settings/connections/{connection.id}"
    later(days=13)
    watch.watch(connection.id)
    assert list_notified(session) == [(ada.email, sentence)] * 2
    worker_helpers.advance_time(session, 3600)
    worker_helpers.drain(session)
    assert [mail.message["Subject"] for mail in mailbox.list_for(ada.email)].count(sentence) == 2


def test_a_proof_that_is_gone_is_notified_once_and_again_when_it_goes_again(session, connection, ada):
    row = connection.domains[0]
    sentence = (ada.email, "Globex: the record that proves globex.example is gone.")
    record = [domain_proofs.record_value(row)]
    for found, expected in ((record, 0), ([], 1), ([], 1), (record, 1), ([], 2)):
        domain_proofs.check_domain(row, lambda _, found=found: found)
        watch.notify_admins(connection)
        assert list_notified(session) == [sentence] * expected


def test_a_provider_that_answers_nobody_is_notified_after_three_tries(session, connection, provider, ada):
    provider.answers = {"discovery": lambda: flask.Response("", 500)}
    for tries in range(1, 5):
        process_state.reset_providers()
        watch.watch(connection.id)
        assert len(list_notified(session)) == (tries >= troubles.FAILED_OFTEN), tries
        assert bool(connection.last_failure) == (tries >= troubles.FAILED_OFTEN), "one that fails once is no news"
    assert list_notified(session)[0][1].startswith("Nobody can sign in with Globex. The provider's discovery document")
    provider.answers = {}
    process_state.reset_providers()
    watch.watch(connection.id)
    session.expire_all()
    assert (connection.failed_in_a_row, connection.notified) == (0, {})


def test_only_failures_of_everybody_count_and_a_sign_in_ends_them(session, connection, globex, make, ada):
    dana = make.user(globex, "Dana", email="dana@globex.example")
    for _ in range(5):  # what one visitor can bring about
        for reason in ("refused", "code", "token", "not_admitted", "domain", "nonce", "response_issuer"):
            administration.record_failure(connection, reason)
    watch.notify_admins(connection)
    assert list_notified(session) == []
    for _ in range(2):
        administration.record_failure(connection, "secret")
    sign_in.finish(connection, dana, ProviderClaims(connection.provider, connection.issuer, "1", dana.email, True))
    administration.record_failure(connection, "secret")
    watch.notify_admins(connection)
    assert list_notified(session) == []
    for _ in range(2):
        watch.record_state(connection, ProviderState())
        administration.record_failure(connection, "secret")
    watch.notify_admins(connection)
    assert [sentence for _, sentence in list_notified(session)] == [
        "Nobody can sign in with Globex. The provider refused our client id or secret; it may have run out."
    ]


def test_keys_whose_certificates_end_are_notified(session, connection, provider, ada):
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Globex")])
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, ends - timedelta(days=100), ends)
    der = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    published = provider_keys.fetch_keys
    assert published(f"{provider.url}/jwks").expires_at is None, "keys without a certificate do not end"
    found = {"keys": [{"kty": "RSA", "n": "u", "e": "AQAB", "x5c": [base64.b64encode(der).decode()]}]}
    assert provider_keys._find_last_day(found) == ends
    found["keys"].append({"kty": "RSA"})
    assert provider_keys._find_last_day(found) is None
    watch.notify_admins(connection, ProviderState(keys_expire_at=ends))
    assert list_notified(session) == [
        (ada.email, f"Globex: its provider’s keys run out on {format_date(ends.date())}.")
    ]


def test_a_connection_that_is_gone_still_has_a_sentence(session, connection, ada):
    connection.secret_expires_at = clock.now()
    watch.notify_admins(connection)
    administration.delete_connection(connection, actor=ada)
    assert list_notified(session) == [(ada.email, "a provider that is not connected any more")]
    watch.watch(connection.id)
