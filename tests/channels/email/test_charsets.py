"""Bytes of real mail become the characters that were meant: labels by the WHATWG standard, vendors' sets, repairs."""

import pytest

from helpdesk.channels import email
from helpdesk.channels.email.parse import charsets, mime

HEAD = b"From: ann@globex.example\r\nMessage-ID: <one@globex.example>\r\n"


def test_halves_of_characters_in_utf_7_are_lost_and_whole_ones_are_not():
    assert charsets.decode_text(b"a +2J0- b +2D3eAA-", "utf-7") == "a \N{REPLACEMENT CHARACTER} b 😀"


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        ("Grüße".encode() + b" caf\xe9", "utf-8", "Grüße café"),
        ("Grüße".encode() + b" \xff 5 \xe2\x82", "utf-8", "Grüße \ufffd 5 \ufffd"),
        (b"\x93quoted\x94 \x80 5", "iso-8859-1", "“quoted” € 5"),
        (b"\x93quoted\x94", "iso-8859-2", "“quoted”"),
        ("„Ťuk“ ťuk Žádost šťáva".encode("cp1250"), "iso-8859-2", "„Ťuk“ ťuk Žádost šťáva"),
        ("Žádost šťáva".encode("iso8859-2"), "iso-8859-2", "Žádost šťáva"),
        ("Grüße".encode("cp850"), "ibm850", "Grüße"),
        ("Привет".encode("cp866"), "CP-866", "Привет"),
        ("Grüße".encode("cp852"), "dos-852", "Grüße"),
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        (b"Gr\xfc\xdfe", None, "Grüße"),
        (b"Gr\xfc\xdfe", "x-unknown", "Grüße"),
        ("①㈱髙﨑".encode("cp932"), "shift_jis", "①㈱髙﨑"),
        ("①".encode("cp932") + b"\x85\x20", "shift_jis", "①\ufffd "),
        (b"\x1b$B-!-j\x1b(B and \x1b$BF|K\\\x1b(B", "iso-2022-jp", "①㈱ and 日本"),
        (b"\x1b$B-!\x1b(B", None, "①"),
        (b"\x1b$B-!\x1b(B", "us-ascii", "①"),
        (b"\x1b(I123\x1b(B", "ISO-2022-JP", "ｱｲｳ"),
        (b"\xad\xa1\xad\xea\xc6\xfc", "euc-jp", "①㈱日"),
        ("똠방각하".encode("cp949"), "euc-kr", "똠방각하"),
        ("똠".encode("cp949"), "ks_c_5601-1987", "똠"),
        ("镕㐂".encode("gb18030"), "gb2312", "镕㐂"),
        ("碁銹裏".encode("cp950"), "big5", "碁銹裏"),
        ("啫嘅".encode("big5hkscs"), "big5", "啫嘅"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("Привет".encode("utf-16"), "utf-16", "Привет"),
        ("\ufeffПривет".encode(), "iso-8859-1", "Привет"),
        (b"a\0b", "utf-8", "ab"),
        ("Привет, всем".encode(), "windows-1251", "Привет, всем"),
        ("Привет, всем".encode(), "koi8-r", "Привет, всем"),
        ("Zażółć gęślą jaźń".encode(), "iso-8859-2", "Zażółć gęślą jaźń"),
        ("Größe, Länge, Höhe".encode(), "iso-8859-15", "Größe, Länge, Höhe"),
        ("Καλημέρα".encode(), "iso-8859-7", "Καλημέρα"),
        ("السلام عليكم".encode(), "windows-1256", "السلام عليكم"),
        ("服务器坏了".encode(), "gb2312", "服务器坏了"),
        ("サーバーが止まりました".encode(), "shift_jis", "サーバーが止まりました"),
        ("서버가 멈췄어요".encode(), "ks_c_5601-1987", "서버가 멈췄어요"),
        ("伺服器當機了".encode(), "big5", "伺服器當機了"),
        ("WRÓŻKA".encode("iso8859-2"), "iso-8859-2", "WRÓŻKA"),
        ("联通".encode("gb2312"), "gb2312", "联通"),
        ("Пётр".encode("cp1251"), "windows-1251", "Пётр"),
    ],
)
def test_bytes_become_what_was_meant(data, label, text):
    assert charsets.decode_text(data, label) == text


@pytest.mark.parametrize("label", ["zlib", "rot13", "idna", "base64", "unicode_escape", "", "\0", "x" * 5000])
def test_no_label_starts_a_codec_that_is_no_charset(label):
    assert charsets.decode_text(b"eJwrSS0u", label) == "eJwrSS0u"


def body_of(raw):
    return email.parse_mail(HEAD + raw)[0].body


def test_html_that_alone_names_its_charset_is_read_by_it():
    html = '<html><head><meta charset="windows-1251"></head><body>Привет</body></html>'.encode("cp1251")
    assert body_of(b"Content-Type: text/html\r\n\r\n" + html) == "Привет"
    old = '<meta http-equiv="Content-Type" content="text/html; charset=shift_jis"><p>①</p>'.encode("cp932")
    assert body_of(b"Content-Type: text/html\r\n\r\n" + old) == "①"


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-8"])
def test_raw_bytes_in_the_fields_are_read_like_the_text(charset):
    words = "Счёт".encode(charset)
    raw = b"Subject: " + words + b"\r\nContent-Type: text/plain; charset=" + charset.encode() + b"\r\n\r\n" + words
    mail = email.parse_mail(HEAD + raw)[0]
    assert (mail.subject, mail.body) == ("Счёт", "Счёт")


def test_raw_utf_8_in_the_fields_is_read():
    raw = (
        'From: "Jörg Größe" <ann@globex.example>\r\nMessage-ID: <one@globex.example>\r\nSubject: Grüße =?utf-8?q?=C3=A4?=\r\n'
        'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf; name="alt.pdf"\r\n'
        'Content-Disposition: attachment; filename="Rechnung März.pdf"\r\n\r\nx\r\n--b--\r\n'
    ).encode()
    (mail,) = email.parse_mail(raw)
    assert (mail.author_id, mail.author_name) == ("ann@globex.example", "Jörg Größe")
    assert (mail.subject, mail.files[0].name) == ("Grüße ä", "Rechnung März.pdf")


def test_raw_bytes_of_another_charset_in_a_field_are_repaired():
    (mail,) = email.parse_mail(b"Subject: Gr\xfc\xdfe\r\n" + HEAD + b"\r\nx")
    assert mail.subject == "Grüße"


def test_encoded_words_that_split_a_character_are_one():
    assert mime.decode_words("=?utf-8?b?5pel5pw=?= =?utf-8?b?rOiqng==?= x é") == "日本語 x é"
    assert mime.decode_words("=?ISO-2022-JP?B?GyRCLSEtahsoQg==?=") == "①㈱"
