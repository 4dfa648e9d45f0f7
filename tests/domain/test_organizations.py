"""Organizations: which domains and channels they may have, versions, and the CSV import."""

import pytest
from sqlalchemy import select

from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organization_csv_import, organizations
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.channel import Channel
from helpdesk.models.organization import Organization
from helpdesk.models.thread import Thread


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("gmail.com", "Anybody can have an address"),
        ("outlook.de", "Anybody can have an address"),
        ("support.example", "our own domain"),
        ("ours.example", "our own domain"),
        ("agents.example", "our own domain"),
        ("globex.example", "belongs to Globex"),
        ("no dots", "Enter a domain|not written like"),
        ("*.com", "not written like"),
    ],
)
def test_domains_that_cannot_be_a_customers(make, domain, why):
    make.organization("Globex", domain="globex.example")
    make.agent(email="priya@agents.example")
    chosen.set("internal_domains", "ours.example")
    with pytest.raises(ValidationError, match=why) as wrong:
        organizations.create_organization("Initech", [domain])
    assert wrong.value.field == "domains"


def test_add_says_everything_that_is_wrong_at_once(app):
    with pytest.raises(ValidationError) as wrong:
        organizations.create_organization(
            "", ["gmail.com"], ["a@b.c,d@e.f"], slack_channels=["#triage"], microsoft_tenant="contoso"
        )
    assert set(wrong.value.errors) == {"name", "domains", "slack_channels", "addresses", "microsoft_tenant"}


def test_a_name_is_taken_in_any_case_of_any_alphabet(make, session):
    for name in ("ÄRZTE Süd", "ООО Ромашка", "---"):
        make.organization(name, domain=f"d{len(name)}.example")
    for same in ("Ärzte süd ", "ооо ромашка", "---"):
        with pytest.raises(ValidationError, match="already"):
            organizations.create_organization(same, ["new.example"], actor=None)
    assert organizations.find_by_name("Ärzte") is None
    assert [each.name for each in organizations.search_organizations("ärzte")] == ["ÄRZTE Süd"]


def test_domains_are_kept_canonical(session):
    organization = organizations.create_organization("Müller", [" MÜLLER.de ", "xn--mller-kva.de"])
    session.commit()
    assert [row.domain for row in organization.domains] == ["xn--mller-kva.de"] and organization.slug == "muller"


def test_listing_people_lets_only_them_in(session):
    organization = organizations.create_organization(
        "Globex", ["globex.example"], specific_users=["Dana@Globex.example"]
    )
    assert organization.allowlist_only and organization.addresses[0].email == "dana@globex.example"


def test_an_edit_of_an_old_version_is_refused_and_one_that_changes_nothing_is_none(session):
    organization = organizations.create_organization("Globex", ["globex.example"])
    session.commit()
    seen = organization.version
    organizations.update_organization(
        organization, version=seen, actor=None, domains=["globex.example"], portal_enabled=True
    )
    assert organization.version == seen
    organizations.update_organization(organization, version=seen, actor=None, domains=["globex.example", "globex.test"])
    session.commit()
    assert organization.version == seen + 1, "a change of domains alone is a change"
    with pytest.raises(ConflictError, match="Somebody else"):
        organizations.update_organization(organization, version=seen, actor=None, name="Globex Inc")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "changed an organization")).one()
    assert entry.details == {"domains": [["globex.example"], ["globex.example", "globex.test"]]}


def test_a_channel_is_one_customers_and_never_the_teams(make, session):
    globex = organizations.create_organization(
        "Globex", ["globex.example"], slack_channels=["C0GLOBEX001", "C0GLOBEX002"]
    )
    make.channel("C0TRIAGE001")
    for taken, why in (("C0GLOBEX001", "belongs to Globex"), ("C0TRIAGE001", "team")):
        with pytest.raises(ConflictError, match=why):
            organizations.create_organization(f"Other {taken}", slack_channels=[taken])
        session.rollback()
    globex = session.scalar(select(Organization).where(Organization.name == "Globex"))
    assert [(c.external_id, c.is_default) for c in session.query(Channel).filter_by(organization_id=globex.id)] == [
        ("C0GLOBEX001", True),
        ("C0GLOBEX002", False),
    ]


def test_a_channel_given_up_is_written_to_no_more_and_not_handed_on_with_its_history(make, session):
    globex = make.organization("Globex", slack="C0GLOBEX001")
    ticket = make.ticket(make.user(globex))
    organizations.update_organization(globex, version=globex.version, actor=None, slack_channels=[])
    session.commit()
    threads = session.scalars(
        select(Thread).join(Channel).where(Thread.ticket_id == ticket.id, Channel.kind == "slack")
    )
    assert all(thread.ended_at for thread in threads)
    with pytest.raises(ConflictError, match="belongs to Globex"):
        organizations.create_organization("Initech", slack_channels=["C0GLOBEX001"])


CSV = """name,domains,addresses,portal_enabled
Globex,globex.example,,
Initech,initech.example globex.example,,
Umbra,gmail.com,,
Hooli,hooli.example,ann@gmail.com,no
,x.example,,
Known,known.example,,
"""


def test_the_dry_run_lists_each_lines_outcome_and_changes_nothing(make, session):
    make.organization("Known", domain="known.example")
    outcomes = organization_csv_import.import_csv(CSV, actor=None, dry=True)
    session.commit()
    assert [(outcome.line, outcome.kind) for outcome in outcomes] == [
        (2, "add"),
        (3, "wrong"),
        (4, "wrong"),
        (5, "add"),
        (6, "wrong"),
        (7, "same"),
    ]
    assert "belongs to Globex" in outcomes[1].sentence and "Anybody" in outcomes[2].sentence
    assert [o.name for o in session.query(Organization)] == ["Known"] and session.query(AuditEntry).count() == 0


def test_the_import_does_what_the_dry_run_said(make, session):
    make.organization("Known", domain="known.example")
    planned = organization_csv_import.import_csv(CSV, actor=None, dry=True)
    done = organization_csv_import.import_csv(CSV, actor=None, dry=False)
    session.commit()
    assert [outcome.kind for outcome in planned] == [outcome.kind for outcome in done]
    hooli = organizations.find_by_name("hooli")
    assert not hooli.portal_enabled and hooli.addresses[0].email == "ann@gmail.com" and not hooli.allowlist_only
    assert sorted(o.name for o in session.query(Organization)) == ["Globex", "Hooli", "Known"]
    again = organization_csv_import.import_csv(CSV, actor=None, dry=False)
    assert [outcome.kind for outcome in again] == ["same", "wrong", "wrong", "same", "wrong", "same"]


@pytest.mark.parametrize(
    "text",
    ["", "domains\nx.example", "name,color\nA,b", 'name\n"unclosed', "name"],
    ids=["empty", "no name", "strange", "broken", "header"],
)
def test_a_file_that_is_none_gets_a_sentence(app, text):
    with pytest.raises(ValueError, match=r"[A-Z].*\."):
        organization_csv_import.import_csv(text, actor=None, dry=True)


def test_semicolons_and_byte_order_marks_are_fine(session):
    assert (
        organization_csv_import.import_csv("\ufeffName;Domains\r\nGlobex;globex.example\r\n", actor=None, dry=False)[
            0
        ].kind
        == "add"
    )
