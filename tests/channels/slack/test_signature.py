"""Requests are Slack's or they are not; nothing sent to us makes the check stumble."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.slack.parse import signature

NOW = 1_800_000_000
BODY = b'{"type":"event_callback"}'


def signed(body=BODY, secret="s3cret", at=NOW):
    mac = hmac.new(secret.encode(), b"v0:%d:%s" % (at, body), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": "v0=" + mac}


def test_what_slack_signed_is_accepted_whatever_the_case_of_the_headers():
    assert signature.verify_signature(signed(), BODY, ["s3cret"], NOW)
    assert signature.verify_signature({name.lower(): value for name, value in signed().items()}, BODY, ["s3cret"], NOW)
    assert signature.verify_signature(signed(), BODY, ["s3cret"], datetime.fromtimestamp(NOW, UTC))


def test_two_secrets_serve_while_slack_rotates_them():
    assert signature.verify_signature(signed(secret="old"), BODY, ["new", "old"], NOW)
    assert signature.verify_signature(signed(secret="new"), BODY, ["new", "old"], NOW)
    assert not signature.verify_signature(signed(secret="older"), BODY, ["new", "old"], NOW)


def test_without_a_secret_nobody_is_believed():
    assert not signature.verify_signature(signed(secret=""), BODY, ["", "  "], NOW)
    assert not signature.verify_signature(signed(), BODY, [], NOW)


@pytest.mark.parametrize("age", [-301, 301])
def test_five_minutes_off_is_too_old_or_too_new(age):
    assert not signature.verify_signature(signed(), BODY, ["s3cret"], NOW + age)
    assert signature.verify_signature(signed(), BODY, ["s3cret"], NOW + age // 301 * 300)


def test_a_changed_body_is_refused():
    assert not signature.verify_signature(signed(), BODY + b" ", ["s3cret"], NOW)


@pytest.mark.parametrize("stamp", ["", "x", "1.5", "1e9", "-1", "9" * 400, "١٢٣", " 1", "0x10", "nan", None])
def test_an_odd_timestamp_is_refused_and_raises_nothing(stamp):
    assert signature.verify_signature(signed() | {"X-Slack-Request-Timestamp": stamp}, BODY, ["s3cret"], NOW) is False


@pytest.mark.parametrize("mark", ["", "v0=", "v0=ü", "v1=00", "\udcff", None, "v0=" + "0" * 10_000])
def test_an_odd_signature_is_refused_and_raises_nothing(mark):
    assert signature.verify_signature(signed() | {"X-Slack-Signature": mark}, BODY, ["s3cret"], NOW) is False


def test_missing_and_doubled_headers_are_refused():
    assert not signature.verify_signature({}, BODY, ["s3cret"], NOW)
    assert not signature.verify_signature(signed() | {"x-slack-signature": "v0=00"}, BODY, ["s3cret"], NOW)


@given(
    st.dictionaries(st.sampled_from(["X-Slack-Signature", "X-Slack-Request-Timestamp"]), st.text()),
    st.binary(),
)
def test_no_header_and_no_body_raises(headers, body):
    assert signature.verify_signature(headers, body, ["s3cret"], NOW) is False


def test_a_body_that_is_no_text_is_refused_though_signed():
    assert signature.verify_signature(signed(b"\xff\xfe"), b"\xff\xfe", ["s3cret"], NOW) is False
