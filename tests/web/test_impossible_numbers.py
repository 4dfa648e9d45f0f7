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
    reply = client.post(f"{address}/replies", data={"body": "Still answered.", "csrf_token": token}, headers=headers)
    assert reply.status_code == 200
    assert session.scalar(select(Message).where(Message.body == "Still answered."))
