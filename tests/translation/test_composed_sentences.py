"""What the domain says of imports, merges and drafts in several sentences: no word of it is outside the catalogue."""

import pytest

from helpdesk.domain.forms import builder, diff
from helpdesk.domain.people import import_table, organization_csv_import, people_import
from helpdesk.domain.reorganization import organization_preview, people_merging, ticket_moves
from helpdesk.domain.tickets import transfer
from tests.pseudo_language import find_english, use_pseudo_language

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DATA = ("Globex", "Initech", "Dana", "Known", "Now", "Maya", "Atlantis", "Europe/Berlin", "Mars/Base", "allowlist_only")
ORGANIZATIONS = """name,domains,addresses,slack_channels,allowlist_only,portal_enabled,default_ticket_visibility,microsoft_tenant
Globex,new.example other.example,a@globex.example,C0123ABCD,yes,no,own,
Hooli,hooli.example,,,,maybe,,
Pied,gmail.com,,,,,,
Vandelay,,,,,,,nonsense
Umbra,,no@spaces in.example,,,,,
Acme,,,nochannel,,,,
"""
PEOPLE = """email,name,organization,sees,time_zone
new@globex.example,Dana,,,Europe/Berlin
gil@gmail.com,Dana,Globex,own,
known@globex.example,Known Now,,own,Europe/Berlin
known@globex.example,Dana,,,
nobody@nowhere.example,Dana,,,
ed@globex.example,Dana,Atlantis,,
zed@globex.example,Dana,,some,
yan@globex.example,Dana,,,Mars/Base
not an address,Dana,Globex,,
"""
BROKEN_TABLES = ("no,header\n1,2", "email,email\na,b", "email,colour\na,b", "email\n", 'email\n"a', "name\nA")
NAMES = ("email", "name", "organization", "sees", "time_zone", "colour", "CSV")


@pytest.fixture
def admin(make):
    return make.agent("Maya", role="admin")


def english_in(sentences) -> list[str]:
    """The sentences with a word that is neither translated nor data; addresses are data."""
    words = [word for sentence in sentences for word in sentence.replace("⟦", " ").replace("⟧", " ").split()]
    addresses = [word.strip(".,:“”") for word in words if "@" in word or ".example" in word or word.startswith("C0")]
    return find_english(sentences, (*DATA, *addresses))


def test_imports(make, session, admin):
    globex = make.organization("Globex")
    make.user(globex, "Known", email="known@globex.example")
    session.commit()
    with use_pseudo_language():
        results = organization_csv_import.import_csv(ORGANIZATIONS, actor=admin, dry=True)
        results += people_import.import_people(PEOPLE, actor=admin, dry=True)
        assert {each.kind for each in results} == {"add", "change", "wrong"}
        assert english_in([each.sentence for each in results]) == []
        for table in BROKEN_TABLES:
            with pytest.raises(ValueError) as refused:
                import_table.read_table(table, ("email", "name"), "email", {})
            assert str(refused.value).startswith("⟦")


def test_merges_and_moves(make, session, admin):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    dana, known = make.user(globex, "Dana"), make.user(globex, "Known")
    ticket = make.ticket(dana)
    make.ticket(make.user(initech, "Maya"))
    session.commit()
    with use_pseudo_language():
        sentences = [
            *organization_preview.preview_merge(globex, initech),
            *people_merging.preview_merge(dana, known),
            *ticket_moves.preview_move(globex, initech).sentences,
            *transfer.preview_transfer(ticket, initech).sentences,
        ]
        assert len(sentences) > 8 and english_in(sentences) == []


def test_differences_of_a_draft(make, session, admin):
    fields = (
        {"key": "a", "label": "Dana", "kind": "select", "options": ["Globex"], "default": "Globex"},
        {"key": "b", "label": "Initech", "shown_if_key": "a", "shown_if_value": "Globex"},
        {"key": "c", "label": "Atlantis", "shown_if_key": "a"},
    )
    version = make.form("hardware", fields)
    draft = builder.get_or_create_draft(version.form)
    first, second, third = draft.fields
    first.kind, first.options, first.default, first.required, first.help = "short_text", [], "", True, "Known"
    second.shown_if_key, second.team_only, second.customer_fills, second.label = None, True, False, "Maya"
    third.shown_if_value = "Globex"
    session.commit()
    with use_pseudo_language():
        sentences = diff.describe_changes(version, draft)
        assert len(sentences) > 7 and english_in(sentences) == []
