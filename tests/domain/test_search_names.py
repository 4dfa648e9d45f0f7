"""Names of people, organizations, tags and articles are found as words of tickets are."""

import hashlib

import pytest
from sqlalchemy import insert, text, update

from helpdesk.domain.search_index import names
from helpdesk.markup import han_variants
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from tests import query_plans
from tests.factories import find_tickets

HAN_DIGEST = "84d94812baba733a9b87c8f995cffd01d8177f6c01c5aeee9970c41b346ba6b6"


@pytest.mark.parametrize("asked", ["OBrien", "o'brien", "小林 ﾌﾟﾘﾝﾄ", "國際", "高橋"])
def test_the_team_finds_people_and_organizations_in_each_way_to_write_them(make, asked):
    ticket = make.ticket(make.user(make.organization("国际 プリント"), "Dana O’Brien 小林髙橋"), "x")
    make.ticket(make.user(make.organization("Initech"), "Brien Owens"), "x")
    assert find_tickets(make.agent(), asked) == [ticket.id]


def test_names_that_were_compared_otherwise_are_written_anew(session, make):
    dana = make.user(make.organization("プリント"), "Dana O'Brien")
    ticket, kept = make.ticket(dana, "x"), dana.search_words
    for model in (User, Organization):
        session.execute(update(model).values(search_words=" outdated "))
    session.commit()
    assert find_tickets(make.agent(), "obrien") == []
    assert names.renew_names(session.connection()) >= 2
    session.commit()
    session.refresh(dana)
    assert dana.search_words == kept and names.renew_names(session.connection()) == 0
    assert find_tickets(make.agent(), "obrien") == find_tickets(make.agent(), "ぷりんと") == [ticket.id]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_person_who_is_named_is_found_by_an_index(make, session):
    dana = make.user(make.organization("Globex"), "Dana O'Brien")
    ticket, agent = make.ticket(dana, "x"), make.agent()
    others = [{"email": f"{n}@globex.example", "organization_id": dana.organization_id} for n in range(2_000)]
    session.execute(insert(User), [{"search_words": f" person {each['email'][:4]} ", **each} for each in others])
    session.execute(text("ANALYZE users"))
    session.commit()
    with query_plans.recorded() as statements:
        assert find_tickets(agent, "o'brien") == [ticket.id]
    (naming,) = [each for each in statements if "pattern_0" in each.values]
    with session.connection().connection.driver_connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {naming.text}", naming.values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Bitmap Index Scan on ix_users_search_words" in plan and "Seq Scan on users" not in plan


@pytest.mark.parametrize("name", ["", " ", "a  b", "x" * 200, "ﷺ" * 200, "'quoted' \\ & | ! :* <->", "日本 プリント"])
def test_every_name_can_be_stored_and_found(make, session, name):
    dana = make.user(make.organization("Globex"), name)
    ticket = make.ticket(dana, "x")
    session.commit()
    for asked in (name, f"{name} globex", dana.email):
        assert not asked.strip() or find_tickets(make.agent(), asked) in ([ticket.id], []), asked
    assert find_tickets(make.agent(), dana.email) == [ticket.id]


def test_another_version_of_the_han_tables_needs_a_migration():
    folded = "".join(han_variants.fold_han(chr(code)) for code in range(0x3400, 0xA000))
    assert hashlib.sha256(folded.encode()).hexdigest() == HAN_DIGEST, (
        "Han is folded otherwise: add a migration that indexes all tickets anew (as 0069), then change this"
    )
