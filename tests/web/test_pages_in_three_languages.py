"""Pages of a customer in German, Japanese and Arabic: direction, dates, sizes, labels, and the words people wrote."""

from datetime import UTC, datetime

import pytest
import time_machine

from helpdesk.domain import tickets
from helpdesk.models.attachment import Attachment
from helpdesk.translation import gettext, ngettext, pgettext, use_language
from tests.factories import signed_in_client
from tests.web import page_forms

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
# Direction, the time of filing, and the size of the file, as CLDR has them.
PAGES = {
    "de": ("ltr", "28. November 2026, 10:30 CET", "1,2 MB"),
    "ja": ("ltr", "2026年11月28日 10:30", "1.2 MB"),
    "ar": ("rtl", "28 نوفمبر 2026", "1.2 م.ب"),
}
WORDS = {
    "de": ("Drucker brennt", "Grüße – bitte **„Speichern“** prüfen."),
    "ja": ("請求書を保存できません", "**「保存」**を押すとエラーになります。"),
    "ar": ("الطابعة لا تعمل (VPN)", "لا أستطيع الطباعة منذ الصباح."),
}


@pytest.fixture
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize("code", PAGES)
def test_a_customers_pages(code, moment, make, app, session):
    direction, filed_at, size = PAGES[code]
    subject, body = WORDS[code]
    dana = make.user(make.organization("Globex"), "Dana Fields", language=code, time_zone="Europe/Berlin")
    make.form("default")
    file = Attachment(
        key="a" * 32, name="log.txt", size=1_234_567, media_type="text/plain", uploader_id=dana.id, state="stored",
        organization_id=dana.organization_id,
    )  # fmt: skip
    ticket = make.ticket(dana, subject, body, attachments=[file])
    tickets.reply(ticket, author=make.agent("Maya"), body="Hello.")
    session.commit()
    client = signed_in_client(app, dana)
    pages = {path: client.get(path).text for path in ("/tickets", f"/tickets/{ticket.number}", "/tickets/new")}
    for path, page in pages.items():
        assert f'<html lang="{code}" dir="{direction}"' in " ".join(page.split()), path
    with use_language(code):
        assert pgettext("group of tickets", "Open") in pages["/tickets"]
        for label in ("Subject", "Description", "Attachments", "File ticket", "A short summary."):
            assert gettext(label) in pages["/tickets/new"], label
        assert ngettext("%(num)s reply", "%(num)s replies", 1)
    conversation = page_forms.parse(client.get(f"/tickets/{ticket.number}")).select_one("#conversation")
    assert filed_at in conversation.select_one("time")["title"]
    assert size in conversation.text.replace("\u202f", " ").replace("\xa0", " ").replace("\u200f", "")
    prose = conversation.select_one(".prose")
    assert prose["dir"] == "auto" and prose.text.strip() == body.replace("**", "")
    assert subject in pages["/tickets"]
