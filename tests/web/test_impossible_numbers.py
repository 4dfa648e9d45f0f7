"""Numbers of a timeline that no entry can have, in what a page says of itself: on PostgreSQL they fit no INTEGER."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from helpdesk.models.message import Message

SEQ = "9999999999"


@pytest.mark.parametrize("headers", [{"X-Shown-From": SEQ}, {"X-Shown-From": "0", "X-Shown-Entries": f"m1:{SEQ}:0"}])
def test_a_page_that_shows_what_cannot_be_is_answered_and_its_reply_is_kept(make, session, browser_of, headers):
    ticket, client = make.ticket(make.user(make.organization())), browser_of(make.agent("Maya"))
    address, headers = f"/tickets/{ticket.number}", {"HX-Request": "true", **headers}
    token = BeautifulSoup(client.get(address).text, "html.parser").select_one("input[name=csrf_token]")["value"]
    for part in ("conversation", f"earlier?before={SEQ}"):
        assert client.get(f"{address}/{part}", headers=headers).status_code == 200, part
    fields = {"body": "Still answered.", "csrf_token": token, "seen": SEQ}
    assert client.post(f"{address}/replies", data=fields, headers=headers).status_code == 200
    assert session.scalar(select(Message).where(Message.body == "Still answered."))


def test_nothing_is_undone_by_such_a_number(make, browser_of):
    ticket, client = make.ticket(make.user(make.organization())), browser_of(make.agent("Maya"))
    address = f"/tickets/{ticket.number}"
    token = BeautifulSoup(client.get(address).text, "html.parser").select_one("input[name=csrf_token]")["value"]
    answer = client.post(f"{address}/status/undo", data={"seq": SEQ, "csrf_token": token})
    assert answer.status_code < 500 and "There is nothing to undo any more." in client.get(address).text + answer.text
