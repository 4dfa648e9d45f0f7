"""Services that post received mails: each proves who it is, and the raw mail arrives byte for byte."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from helpdesk import clock
from helpdesk.channels.email import hooks as email_hooks
from helpdesk.channels.email.hooks.ses import SesHook
from helpdesk.models.inbound_event import InboundEvent

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SECRET = "inbound-secret-of-the-tests"
MAILGUN_KEY = "mailgun-signing-key-of-the-tests"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:inbound"
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
SENDGRID_PUBLIC = base64.b64encode(
    SENDGRID_KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
MAIL = (
    b"From: Dana <dana@globex.example>\r\nTo: help@x.example\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\nMessage-ID: <1@x>\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nLatin-1: \xfc \xdf\r\n--boundary\r\n\r\nThe end.\r\n"
)
TEXT_MAIL = MAIL.replace(b"\xfc \xdf", b"none").replace(b"Gr\xc3\xbc\xc3\x9fe", b"Hello")


@pytest.fixture
def settings():
    return {
        "INBOUND_MAIL_SECRET": SECRET,
        "INBOUND_MAILGUN_KEY": MAILGUN_KEY,
        "INBOUND_SENDGRID_KEY": SENDGRID_PUBLIC,
        "INBOUND_SES_TOPIC": TOPIC,
    }


@pytest.fixture
def post(app, session):
    def post(path, body, **headers):
        session.rollback()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = app.test_client().post(f"/hooks/email/{path}", data=body, headers=names)
        rows = session.query(InboundEvent).order_by(InboundEvent.id).all()
        return answer, [row.raw for row in rows]

    return post


def now(age=0):
    return str(int(clock.now().timestamp() - age))


def multipart(fields):
    parts = b"".join(
        f'--=x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
        for name, value in fields.items()
    )
    return parts + b"--=x--\r\n", 'multipart/form-data; boundary="=x"'


def mailgun_fields(raw=MAIL, key=MAILGUN_KEY, timestamp=None):
    timestamp = timestamp or now()
    signature = hmac.new(key.encode(), f"{timestamp}tok".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": timestamp.encode(), "token": b"tok", "signature": signature.encode(), "body-mime": raw}


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_mailguns_raw_message_arrives_byte_for_byte(post, form):
    fields = mailgun_fields()
    body, kind = multipart(fields) if form == "multipart" else (urlencode(fields).encode(), None)
    answer, stored = post("mailgun/mime", body, Content_Type=kind or "application/x-www-form-urlencoded")
    assert (answer.status_code, stored) == (200, [MAIL])


def test_mailguns_signature_is_checked(post):
    for fields in (
        mailgun_fields(key="another-key"),
        mailgun_fields(timestamp=now(age=90_000)),
        mailgun_fields() | {"timestamp": now(age=5).encode()},
        {"body-mime": MAIL},
        mailgun_fields() | {"signature": b""},
    ):
        answer, stored = post("mailgun", urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded")
        assert (answer.status_code, stored) == (401, [])


def test_mailguns_parsed_message_is_refused_with_what_to_change(post):
    fields = mailgun_fields() | {"body-mime": b""}
    answer, stored = post("mailgun", urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded")
    assert answer.status_code == 400 and "/mailgun/mime" in answer.text and stored == []


def basic(password):
    return "Basic " + base64.b64encode(f"mail:{password}".encode()).decode()


def test_postmarks_raw_message_needs_the_secret(post):
    body = json.dumps({"From": "dana@globex.example", "RawEmail": TEXT_MAIL.decode()})
    for authorization in (basic("wrong"), basic(""), "Bearer " + SECRET, "Basic !", ""):
        answer, stored = post("postmark", body, Authorization=authorization)
        assert (answer.status_code, stored) == (401, [])
    answer, stored = post("postmark", body, Authorization=basic(SECRET))
    assert (answer.status_code, stored) == (200, [TEXT_MAIL])
    for wrong in ("{}", "[]", "nonsense", "[" * 100_000, '{"RawEmail": 5}'):
        answer, _ = post("postmark", wrong, Authorization=basic(SECRET))
        assert answer.status_code == 400 and "RawEmail" in answer.text


def sendgrid(body, key=SENDGRID_KEY, timestamp=None):
    timestamp = timestamp or now()
    signature = base64.b64encode(key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    return {
        "X_Twilio_Email_Event_Webhook_Signature": signature,
        "X_Twilio_Email_Event_Webhook_Timestamp": timestamp,
    }


def test_sendgrids_signature_is_checked_over_the_body_as_it_came(post):
    body, kind = multipart({"email": MAIL, "to": b"help@x.example", "envelope": b"{}"})
    other = ec.generate_private_key(ec.SECP256R1())
    for proof in (
        {},
        sendgrid(body, key=other),
        sendgrid(body, timestamp=now(age=400_000)),
        sendgrid(body + b" "),
        sendgrid(body) | {"X_Twilio_Email_Event_Webhook_Signature": "!"},
        {"Authorization": basic(SECRET)},
    ):
        answer, stored = post("sendgrid", body, Content_Type=kind, **proof)
        assert (answer.status_code, stored) == (401, [])
    answer, stored = post("sendgrid", body, Content_Type=kind, **sendgrid(body))
    assert (answer.status_code, stored) == (200, [MAIL])


@pytest.fixture(scope="module")
def sns():
    return Sns()


class Sns:
    """Signs as Amazon SNS does, and serves its certificate."""

    CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"

    def __init__(self):
        self.key = rsa.generate_private_key(65537, 2048)
        self.fetched = []

    def certificate(self, days=1):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(7).not_valid_before(clock.now() - timedelta(days=30))
        made = builder.not_valid_after(clock.now() + timedelta(days=days)).sign(self.key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM)

    def fetch(self, url):
        self.fetched.append(url)
        if url != self.CERTIFICATE_URL and "ConfirmSubscription" not in url:
            raise requests.ConnectionError("there is no such document")
        return self.certificate()

    def sign(self, **fields):
        message = {"MessageId": "m1", "Timestamp": "2026-11-28T09:00:00.000Z", "TopicArn": TOPIC, **fields}
        names = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
        text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
        signature = base64.b64encode(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
        return message | {"Signature": signature, "SignatureVersion": "2", "SigningCertURL": self.CERTIFICATE_URL}


@pytest.fixture
def amazon(sns, monkeypatch):
    sns.fetched.clear()
    monkeypatch.setitem(email_hooks.HOOKS, "ses", SesHook(sns.fetch))
    return sns


def received(content):
    return json.dumps({"notificationType": "Received", "receipt": {}, "mail": {}, "content": content})


def test_a_mail_of_ses_arrives_in_either_encoding(post, amazon):
    encoded = amazon.sign(Type="Notification", Message=received(base64.b64encode(MAIL).decode()))
    answer, stored = post("ses", json.dumps(encoded), Content_Type="text/plain; charset=UTF-8")
    assert (answer.status_code, stored) == (200, [MAIL])
    plain = amazon.sign(Type="Notification", Subject="A mail", Message=received(TEXT_MAIL.decode()))
    assert post("ses", json.dumps(plain))[1] == [MAIL, TEXT_MAIL]
    assert amazon.fetched == [amazon.CERTIFICATE_URL], "the certificate is kept"


def test_what_sns_did_not_sign_for_our_topic_is_refused(post, amazon):
    good = amazon.sign(Type="Notification", Message=received(TEXT_MAIL.decode()))
    for change in (
        {"Message": received("From: eve@evil.example\n\nforged")},
        {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:other"},
        {"Signature": "AAAA"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"},
        {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://evil@sns.eu-west-1.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://bucket.s3.amazonaws.com/x.pem"},
        {"Type": "UnsubscribeConfirmation"},
        {"Subject": "added"},
    ):
        answer, stored = post("ses", json.dumps(good | change))
        assert (answer.status_code, stored) == (401, []), change
    assert set(amazon.fetched) <= {amazon.CERTIFICATE_URL}
    old = post("ses", json.dumps(good | {"SignatureVersion": "1"}))[0]
    assert old.status_code == 400 and "SignatureVersion" in old.text
    for wrong in ("", "[]", "null", "[" * 100_000):
        assert post("ses", wrong)[0].status_code == 400


def test_an_sns_topic_of_somebody_else_is_refused(post, amazon):
    message = amazon.sign(
        Type="Notification", TopicArn="arn:aws:sns:eu-west-1:999999999999:other", Message=received(TEXT_MAIL.decode())
    )
    answer, stored = post("ses", json.dumps(message))
    assert (answer.status_code, stored) == (401, [])


def test_the_subscription_of_our_topic_is_confirmed_and_no_other(post, amazon):
    address = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    fields = {"Type": "SubscriptionConfirmation", "Token": "t", "Message": "You have chosen to subscribe"}
    assert post("ses", json.dumps(amazon.sign(SubscribeURL=address, **fields)))[0].status_code == 200
    assert amazon.fetched[-1] == address
    evil = amazon.sign(SubscribeURL="https://evil.example/?Action=ConfirmSubscription", **fields)
    assert post("ses", json.dumps(evil))[0].status_code == 401
    assert amazon.fetched[-1] != "https://evil.example/?Action=ConfirmSubscription"
    unreachable = amazon.sign(SubscribeURL="https://sns.eu-west-1.amazonaws.com/gone", **fields)
    assert post("ses", json.dumps(unreachable))[0].status_code == 503


def test_a_notification_about_something_else_is_taken_and_nothing_is_stored(post, amazon):
    message = amazon.sign(
        Type="Notification", Message=json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded"})
    )
    assert (post("ses", json.dumps(message))[0].status_code, post("ses", json.dumps(message))[1]) == (200, [])


@pytest.mark.parametrize("name", ["nobody", "SES", "..", "slack"])
def test_an_unknown_service_is_refused(post, name):
    assert post(name, b"x")[0].status_code in (401, 404)


class TestWithoutSettings:
    @pytest.fixture
    def settings(self):
        return {}

    @pytest.mark.parametrize("name", sorted(email_hooks.HOOKS))
    def test_every_service_is_refused(self, post, name):
        answer, stored = post(name, b"{}", Authorization=basic(""))
        assert (answer.status_code, stored) == (401, [])
