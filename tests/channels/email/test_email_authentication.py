"""Which sender is authenticated: by a trusted server's topmost result, or a signature that covers the whole mail."""

import dns.exception
import pytest

from helpdesk.channels import email
from helpdesk.channels.email import dkim_signing, settings
from helpdesk.channels.email.parse import dmarc

TRUSTED = settings.IncomingMailSettings(authserv_ids=("mx.northwind.example",))
PASS = (
    "mx.northwind.example; spf=pass smtp.mailfrom=globex.example; "
    "dmarc=pass (p=reject dis=none) header.from=globex.example"
)
MAIL = (
    b"From: Ann <ann@globex.example>\r\nTo: support@northwind.example\r\n"
    b"Subject: Help\r\nMessage-ID: <1@x>\r\n\r\nHello\r\n"
)


def result(*fields, raw=MAIL, incoming=TRUSTED):
    head = b"".join(f"Authentication-Results: {field}\r\n".encode() for field in fields)
    return email.parse_mail(head + raw, incoming)[0].authentication


@pytest.mark.parametrize(
    "field",
    [
        PASS,
        PASS.upper().replace("MX.NORTHWIND.EXAMPLE", "MX.Northwind.Example"),
        PASS.replace("; spf", " 1;\r\n\tspf"),
        "mx.northwind.example; dmarc=pass action=none header.from=globex.example;compauth=pass reason=100",
    ],
)
def test_the_trusted_servers_pass_is_a_pass(field):
    assert result(field).result == "pass"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), "none"),
        ((PASS.replace("mx.northwind", "mx.evil"),), "none"),
        ((PASS.replace("mx.northwind.example", "mx.northwind.example.evil"),), "none"),
        ((PASS.replace("mx.northwind", "mx.evil"), PASS), "none"),  # ours is not the topmost
        (("mx.northwind.example; dmarc=fail header.from=globex.example", PASS), "fail"),
        (("mx.northwind.example; dkim=pass header.d=globex.example", PASS), "pass"),  # of two milters
        (("mx.northwind.example; spf=pass", "mx.evil.example; none", PASS), "none"),
        (("mx.northwind.example; none",), "none"),
        (("mx.northwind.example; dmarc=none header.from=globex.example",), "none"),
        (("mx.northwind.example; dmarc=temperror header.from=globex.example",), "temperror"),
        (("mx.northwind.example; dmarc=pass header.from=evil.example",), "fail"),
        (("mx.northwind.example; dmarc=pass",), "fail"),
        (
            ("mx.northwind.example; dmarc=fail header.from=globex.example; dmarc=pass header.from=globex.example",),
            "none",
        ),
        (
            ('mx.northwind.example; spf=pass smtp.mailfrom="a; dmarc=pass header.from=globex.example"@evil.example',),
            "none",
        ),
        (
            (
                "mx.northwind.example; spf=pass (x; dmarc=pass header.from=globex.example; y) "
                "smtp.mailfrom=evil.example",
            ),
            "none",
        ),
        (("mx.northwind.example (; dmarc=pass header.from=globex.example",), "none"),
        (("mx.northwind.example; x-dmarc=pass header.from=globex.example",), "none"),
    ],
)
def test_nothing_else_is(fields, expected):
    assert result(*fields).result == expected


def test_a_result_below_the_servers_own_received_field_is_the_senders():
    raw = b"Received: from evil by mx.northwind.example\r\n" + f"Authentication-Results: {PASS}\r\n".encode() + MAIL
    assert result("mx.northwind.example; spf=pass", raw=raw).result == "none"


@pytest.mark.parametrize(
    ("field", "author"),
    [
        ("Nadia (Ops) <n@globex.example>", "n@globex.example"),
        ("n@globex.example (Nadia)", "n@globex.example"),
        ("Nadia @ Globex <n@globex.example>", "n@globex.example"),
        ("Fields, Dana <d@globex.example>", "d@globex.example"),
        ("d@globex.example <D@globex.example>", "d@globex.example"),
        ("d@globex.example (Dana) <d@globex.example>", "d@globex.example"),
        ("Dana <d@globex.example>,", "d@globex.example"),
        ('"Fields, Dana <x>" <d@globex.example>', ""),
        ("d@globex.example.evil.example <d@globex.example>", ""),
        ("d@globex.example <d@globex.example>, eve@evil.example", ""),
        ("d@globex.example @eve <d@globex.example>", ""),
        ("d@globex.example <eve@evil.example>", ""),
        ("d@globex.example, eve@evil.example", ""),
        ("=?x?q?d?=@globex.example", ""),
    ],
)
def test_a_sender_that_every_program_reads_alike_is_known(field, author):
    assert email.parse_mail(f"From: {field}\r\n\r\nx".encode())[0].author_id == author


def test_every_answer_is_a_sentence():
    assert all(result(*fields).reason.endswith(".") for fields in [(), (PASS,), (PASS.replace("=pass", "=fail"),)])


@pytest.fixture(scope="module")
def keys():
    return {
        domain: dkim_signing.generate_key(domain, "s1")
        for domain in ("globex.example", "mail.globex.example", "evil.example")
    }


def verify(keys, raw, policy="v=DMARC1; p=reject", **more):
    records = {f"s1._domainkey.{domain}": dkim_signing.public_key_record(key) for domain, key in keys.items()}
    records |= {"_dmarc.globex.example": policy} | more
    return result(raw=raw, incoming=settings.IncomingMailSettings(verify_ourselves=True, dns=records.get))


def test_a_signature_of_the_senders_domain_is_enough(keys):
    assert verify(keys, dkim_signing.sign_mail(MAIL, keys["globex.example"])).result == "pass"


def test_a_subdomains_signature_counts_unless_the_domain_is_strict(keys):
    raw = dkim_signing.sign_mail(MAIL, keys["mail.globex.example"])
    assert verify(keys, raw).result == "pass"
    assert verify(keys, raw, "v=DMARC1; p=reject; adkim=s").result == "fail"


def test_the_second_signature_may_be_the_right_one(keys):
    raw = dkim_signing.sign_mail(dkim_signing.sign_mail(MAIL, keys["globex.example"]), keys["evil.example"])
    assert verify(keys, raw).result == "pass"


def test_a_foreign_signature_a_changed_body_and_no_signature_prove_nothing(keys):
    signed = dkim_signing.sign_mail(MAIL, keys["globex.example"])
    assert verify(keys, dkim_signing.sign_mail(MAIL, keys["evil.example"])).result == "fail"
    assert verify(keys, signed.replace(b"Hello", b"Pay me")).result == "fail"
    assert verify(keys, b"From: eve@globex.example\r\n" + signed).result == "fail"
    assert verify(keys, MAIL).result == "fail"


def test_a_signature_over_a_part_of_the_body_proves_nothing(keys):
    import dkim

    key = keys["globex.example"]
    signature = dkim.sign(MAIL, b"s1", b"globex.example", key.private_key.encode(), length=True)
    assert verify(keys, signature + MAIL).result == "fail"
    assert verify(keys, signature + MAIL + b"Pay me\r\n").result == "fail"


@pytest.mark.parametrize(
    ("signer", "domain", "aligned"),
    [
        ("mail.good.com", "good.com", True),
        ("good.com", "mail.good.com", True),
        ("evil.com", "good.com", False),
        ("evil.co.uk", "good.co.uk", False),
        ("evil.example", "good.example", False),  # an ending that the list of suffixes does not know
        ("mail.good.example", "good.example", True),
        ("example", "good.example", False),
        ("notgood.example", "good.example", False),
    ],
)
def test_only_one_organizations_domains_are_aligned(signer, domain, aligned):
    assert dmarc._is_aligned(signer, domain) is aligned


def test_a_domain_without_dmarc_proves_nothing(keys):
    signed = dkim_signing.sign_mail(MAIL, keys["globex.example"])
    assert verify(keys, signed, policy=None).result == "none"


def test_a_domain_with_a_hyphen_is_read_whole(keys):
    raw = MAIL.replace(b"globex.example", b"my-globex.example")
    key = dkim_signing.generate_key("my-globex.example", "s1")
    answer = verify(
        keys | {"my-globex.example": key},
        dkim_signing.sign_mail(raw, key),
        **{"_dmarc.my-globex.example": "v=DMARC1; p=none"},
    )
    assert (answer.result, answer.domain) == ("pass", "my-globex.example")


def test_dns_that_does_not_answer_is_worth_another_try():
    def silent(name):
        raise dns.exception.Timeout

    assert result(incoming=settings.IncomingMailSettings(verify_ourselves=True, dns=silent)).result == "temperror"


@pytest.mark.parametrize(
    ("field", "policy", "expected"),
    [
        ("spf=pass smtp.mailfrom=ann@globex.example", "v=DMARC1; p=reject", "pass"),
        ("spf=pass smtp.mailfrom=globex.example; dkim=none", "v=DMARC1; p=none", "pass"),
        ("spf=pass smtp.mailfrom=bounces@mail.globex.example", "v=DMARC1; p=reject", "pass"),
        ("spf=pass smtp.mailfrom=bounces@mail.globex.example", "v=DMARC1; p=reject; aspf=s", "fail"),
        ("dkim=pass header.d=globex.example", "v=DMARC1; p=reject; aspf=s", "pass"),
        ("dkim=pass header.i=@mail.globex.example", "v=DMARC1; p=reject; adkim=s", "fail"),
        ("spf=pass smtp.mailfrom=evil.example", "v=DMARC1; p=reject", "fail"),
        ("spf=fail smtp.mailfrom=globex.example", "v=DMARC1; p=reject", "fail"),
        ("spf=pass smtp.helo=smtp.mailfrom=globex.example", "v=DMARC1; p=reject", "fail"),
        ('spf=pass smtp.mailfrom="x smtp.mailfrom=globex.example"@evil.example', "v=DMARC1; p=reject", "fail"),
        ("spf=pass (smtp.mailfrom=globex.example) smtp.mailfrom=evil.example", "v=DMARC1; p=reject", "fail"),
        ("spf=pass smtp.mailfrom=globex.example", None, "none"),
        ("spf=temperror smtp.mailfrom=globex.example", "v=DMARC1; p=reject", "none"),
        ("none", "v=DMARC1; p=reject", "none"),
    ],
)
def test_a_server_that_checks_spf_and_dkim_only_is_completed_by_the_policy(field, policy, expected):
    incoming = settings.IncomingMailSettings(
        authserv_ids=("mx.northwind.example",), asks_policies=True, dns={"_dmarc.globex.example": policy}.get
    )
    assert result(f"mx.northwind.example; {field}", incoming=incoming).result == expected
    assert result(f"mx.evil.example; {field}", incoming=incoming).result == "none"


def test_results_of_two_milters_are_completed_together():
    incoming = settings.IncomingMailSettings(
        authserv_ids=("mx.northwind.example",),
        asks_policies=True,
        dns={"_dmarc.globex.example": "v=DMARC1; p=reject"}.get,
    )
    fields = ("mx.northwind.example; spf=softfail", "mx.northwind.example; dkim=pass header.d=globex.example")
    assert result(*fields, incoming=incoming).result == "pass"
