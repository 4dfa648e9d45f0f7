"""The page of the DNS records that mail needs, and whether they exist."""

import dns.exception
import pytest

from helpdesk.channels.email import diagnostics, dkim_signing


@pytest.fixture(scope="module")
def key():
    return dkim_signing.generate_key("northwind.example", "s1")


def wanted(key):
    return diagnostics.required_dns_records("northwind.example", key, ["mail.northwind.example"])


def test_the_records_are_ready_to_be_copied(key):
    spf, dkim, dmarc = wanted(key)
    assert (spf.name, spf.value) == ("northwind.example", "v=spf1 a:mail.northwind.example ~all")
    assert dkim.name == "s1._domainkey.northwind.example"
    assert dkim.value.startswith("v=DKIM1; k=rsa; p=MII")
    assert (dmarc.name, dmarc.value) == ("_dmarc.northwind.example", "v=DMARC1; p=none")
    assert len(diagnostics.required_dns_records("northwind.example", None)) == 2


def test_what_stands_right_is_said_to_be_right(key):
    found = {record.name: [record.value, "google-site-verification=x"] for record in wanted(key)}
    found["northwind.example"] = ["v=spf1 include:_spf.example.net a:mail.northwind.example -all"]
    found["_dmarc.northwind.example"] = ["v=DMARC1; p=reject; rua=mailto:a@northwind.example"]
    assert [finding.ok for finding in diagnostics.check_dns_records(wanted(key), found.__getitem__)] == [
        True,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("name", "texts", "words"),
    [
        ("northwind.example", [], "SPF: northwind.example has no TXT record"),
        ("northwind.example", ["v=spf1 mx ~all"], "does not name a:mail.northwind.example"),
        ("northwind.example", ["v=spf1 a:mail.northwind.example ~all", "v=spf1 -all"], "2 such records"),
        ("s1._domainkey.northwind.example", ["v=DKIM1; k=rsa; p=MIIother"], "another key than ours"),
        ("_dmarc.northwind.example", ["something else"], "DMARC: _dmarc.northwind.example has no TXT record"),
    ],
)
def test_what_is_wrong_is_said_in_words(key, name, texts, words):
    found = {record.name: [record.value] for record in wanted(key)} | {name: texts}
    findings = diagnostics.check_dns_records(wanted(key), found.__getitem__)
    assert [finding.sentence for finding in findings if not finding.ok][0].find(words) >= 0
    assert sum(not finding.ok for finding in findings) == 1


def test_dns_that_does_not_answer_is_said_too(key):
    def silent(name):
        raise dns.exception.Timeout

    assert all("did not answer" in finding.sentence for finding in diagnostics.check_dns_records(wanted(key), silent))
