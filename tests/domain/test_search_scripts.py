"""What is filed is found by each of its words, in every script and spelling, and every hit is marked."""

import unicodedata
from random import Random

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.ticket_lists import search
from tests.factories import find_tickets

SCRIPTS = {  # first and last code point of characters and their marks
    "Latin": (0x00C0, 0x024F),
    "Greek": (0x0386, 0x03CE),
    "Cyrillic": (0x0400, 0x0481),
    "Armenian": (0x0531, 0x0556),
    "Hebrew": (0x05B0, 0x05EA),
    "Arabic": (0x0620, 0x0652),
    "Devanagari": (0x0905, 0x094D),
    "Bengali": (0x0985, 0x09CD),
    "Gurmukhi": (0x0A05, 0x0A4D),
    "Gujarati": (0x0A85, 0x0ACD),
    "Tamil": (0x0B85, 0x0BCD),
    "Telugu": (0x0C05, 0x0C4D),
    "Kannada": (0x0C85, 0x0CCD),
    "Malayalam": (0x0D05, 0x0D4D),
    "Sinhala": (0x0D85, 0x0DCA),
    "Thai": (0x0E01, 0x0E4E),
    "Lao": (0x0E81, 0x0ECD),
    "Tibetan": (0x0F40, 0x0F84),
    "Myanmar": (0x1000, 0x103E),
    "Georgian": (0x10D0, 0x10F0),
    "Ethiopic": (0x1200, 0x1357),
    "Khmer": (0x1780, 0x17D3),
    "Hiragana": (0x3041, 0x3096),
    "Katakana": (0x30A1, 0x30FA),
    "Han": (0x4E00, 0x9FA5),
    "Hangul": (0xAC00, 0xD7A3),
}
PAIRS = [  # what was filed, and what is asked
    ("오류", "오류"),
    ("결제오류가 발생", "오류"),
    ("Ёлка и йод", "йод"),
    ("Ёлка и йод", "елка"),
    ("Straße", "Strasse"),
    ("STRASSE", "straße"),
    ("Søren", "Soren"),
    ("Søren", "Soeren"),
    ("Müller", "Mueller"),
    ("Müller", "muller"),
    ("Mueller", "Müller"),
    ("Łódź", "lodz"),
    ("œuvre", "oeuvre"),
    ("ISPARTA", "ısparta"),
    ("İstanbul", "istanbul"),
    ("ΟΔΟΣ", "οδός"),
    ("ｶﾞｲﾄﾞ", "ガイド"),
    ("ガイドブック", "ガイド"),
    ("无法打开发票页面", "发票"),
    ("東京都の請求書", "請求書"),
    ("東京都の請求書", "書"),
    ("ไม่สามารถเปิดใบแจ้งหนี้", "ใบแจ้งหนี้"),
    ("שָׁלוֹם", "שלום"),
    ("مُحَمَّد", "محمد"),
    ("الفاتورة", "فاتورة"),
    ("أحمد", "احمد"),
    ("क़लम", "कलम"),
    ("किताब", "किताब"),
    ("cafe\u0301", "café"),
    ("٣٤٥٦٧", "34567"),
    ("ﬁnance", "finance"),
    ("Rechnungsdrucker", "Drucker"),
    ("Prüfgerätetür", "gerätetuer"),
    ("Laskutusjärjestelmä", "järjestelmä"),
    ("והחשבונית", "חשבונית"),
    ("بالفاتورة", "فاتورة"),
    ("የኢሜይል", "ኢሜይል"),
    ("サーバ", "サーバー"),
    ("サーバー", "サーバ"),
    ("ბეჭდვა", "ᲑᲔᲭᲓᲕᲐ"),
    ("វិក្កយបត្រថ្មី", "វិក្កយបត្រ"),
    ("hoá đơn", "hoa don"),
    ("فــاتــورة", "فاتورة"),
    ("ＩＮＶ－２０２６", "inv-2026"),
    ("C++", "c++"),
    ("fe80::1ff:fe23", "fe80::1ff:fe23"),
    ("v2.10.3-rc1", "v2.10"),
    ("O'Brien", "OBrien"),
    ("O’Brien’s", "O'Brien"),
    ("OBrien", "O’Brien"),
    ("OBrien", "o`bri"),
    ("the Dana plan", "Dana's"),
    ("e-mail", "email"),
    ("email", "e-mail"),
    ("Wi\u2011Fi", "wifi"),
    ("l’imprimante", "imprimante"),
    ("U.S.A.", "usa"),
    ("USA", "U.S.A."),
    ("1,000.50", "1000"),
    ("1’000.50", "1000"),
    ("INV-2026-11", "inv202611"),
    ("INV202611", "inv-2026"),
    ("Hawaiʻi", "hawaii"),
    ("AT&T", "att"),
    ("user_name", "username"),
    ("Ж/Д", "жд"),
    ("10.0.0.1", "10.0.0.1"),
    ("п’ять", "пʼять"),
    ("col·lecció", "colleccio"),
    ("צה״ל", "צהל"),
    ("Müller-Lüdenscheid", "mullerludenscheid"),
    ("ジョン・スミス", "ジョンスミス"),
    ("ジョンスミス", "ジョン・スミス"),
    ("無法開啟發票頁面", "发票"),
    ("无法打开发票页面", "發票"),
    ("図書館", "圖書館"),
    ("图书馆", "図書館"),
    ("頭髮很亂", "头发"),
    ("髙橋様", "高橋"),
    ("高橋", "髙橋"),
    ("山﨑", "山崎"),
    ("𠮷野家", "吉野"),
    ("渡邉", "渡辺"),
    ("濵田", "浜田"),
    ("中嶋", "中島"),
    ("プリンター", "ぷりんた"),
    ("ぷりんた", "プリンター"),
    ("ﾌﾟﾘﾝﾀ", "ぷりんた"),
    ("it is 🔥 here", "🔥"),
    ("hot🔥dog", "🔥"),
    ("thanks 👍🏽", "👍"),
    ("❤️ it", "❤"),
    ("👩‍💻 at work", "👩‍💻"),
    ("Rechnungsnummernkreis", "nummer"),
    ("Rechnungsnummern", "Nummer"),
    ("Kundenkontenübersicht", "konten"),
    ("Huvudkontorsvägen", "kontor"),
    ("Laskutusjärjestelmästä", "järjestelmä"),
    ("электропереписка", "переписк"),
]


def random_words(script: str, count: int) -> list[str]:
    """Words of characters and marks of one script, each begun by a base character."""
    first, last = SCRIPTS[script]
    draw = Random(script)
    characters = [chr(code) for code in range(first, last + 1) if unicodedata.category(chr(code))[0] == "L"]
    parts = characters * 2 + [chr(code) for code in range(first, last + 1) if unicodedata.category(chr(code))[0] == "M"]
    return [draw.choice(characters) + "".join(draw.choices(parts, k=draw.randint(1, 6))) for _ in range(count)]


def test_each_word_of_what_is_filed_is_found_and_marked_in_every_script(session, make):
    dana = make.user(make.organization("Globex"))
    assert len(SCRIPTS) >= 20
    for script in SCRIPTS:
        subject, *said = random_words(script, 10)
        ticket = make.ticket(dana, subject, " ".join(said[:6]))
        tickets.reply(ticket, author=dana, body=", ".join(said[6:]))
        session.commit()
        for word in (subject, *said):
            assert ticket.id in find_tickets(dana, word), (script, word)
            excerpt = search.load_excerpts(dana, search.build_search(dana, word), [ticket.id])[ticket.id]
            assert "<mark>" in excerpt.subject + excerpt.text, (script, word)
        assert find_tickets(dana, f"{subject} {said[-1]}") == [ticket.id], script


def test_one_spelling_finds_the_other_and_is_marked(session, make):
    dana = make.user(make.organization("Globex"))
    other = make.ticket(dana, "other", "other")
    made = [
        (make.ticket(dana, f"x {filed} y", "other"), make.ticket(dana, "other", f"See ({filed})."))
        for filed, _ in PAIRS
    ]
    session.commit()
    for (filed, asked), (in_subject, in_message) in zip(PAIRS, made, strict=True):
        found = find_tickets(dana, asked)
        assert {in_subject.id, in_message.id} <= set(found) and other.id not in found, (filed, asked)
        excerpts = search.load_excerpts(dana, search.build_search(dana, asked), [in_subject.id, in_message.id])
        assert "<mark>" in excerpts[in_subject.id].subject, (filed, asked)
        assert "<mark>" in excerpts[in_message.id].text, (filed, asked)


def test_the_end_of_a_short_word_is_no_word_of_its_own(make):
    dana = make.user(make.organization("Globex"))
    make.ticket(dana, "My account and the discount", "other")
    assert find_tickets(dana, "count") == []


@pytest.mark.parametrize("asked", ["🔥", "USB-C", "O'Brien", "発票", "10.0.0.1"])
def test_what_is_asked_for_is_not_left_out(make, asked):
    dana = make.user(make.organization("Globex"))
    make.ticket(dana, "USB-A printer, said Mr O'Neill from Brienzerland, 10.0.0.2", "other 🎉 票 発")
    assert find_tickets(dana, asked) == []


def test_voiced_and_plain_kana_are_different_words(make):
    dana = make.user(make.organization("Globex"))
    ticket = make.ticket(dana, "かき", "other")
    assert find_tickets(dana, "かき") == [ticket.id]
    assert find_tickets(dana, "がき") == []


def test_a_soft_hyphen_in_a_message_is_no_end_of_a_word(make):
    dana = make.user(make.organization("Globex"))
    ticket = make.ticket(dana, "other", "co\u00adopération")
    assert find_tickets(dana, "cooperation") == [ticket.id]
    assert "<mark>" in search.load_excerpts(dana, search.build_search(dana, "coop"), [ticket.id])[ticket.id].text
