"""Answers to our own mail, as programs in many languages quote it: exactly the answer is left."""

import pytest

from helpdesk.channels.email.parse import mail_languages, quotes
from tests.channels.email.mail_clients import SENT, quoted

ANSWER = "CSV, and it is only us.\n\nThank you, Ann"
OURS = ("sample-installation",)
M = "Maya Lind <support@northwind.example>"

# Above a quote with ">", or above our mail's text as it is.
ATTRIBUTIONS = {
    "gmail-en": f"On Fri, Nov 20, 2026 at 1:04 PM {M} wrote:",
    "gmail-de": "Am Fr., 20. Nov. 2026 um 13:04 Uhr schrieb Maya Lind <\nsupport@northwind.example>:",
    "gmail-fr": f"Le ven. 20 nov. 2026 à 13:04, {M} a écrit :",
    "gmail-es": "El vie, 20 nov 2026 a las 13:04, Maya Lind (<support@northwind.example>)\nescribió:",
    "gmail-it": f"Il giorno ven 20 nov 2026 alle ore 13:04 {M} ha scritto:",
    "gmail-nl": f"Op vr 20 nov 2026 om 13:04 schreef {M}:",
    "gmail-pt": f"Em sex., 20 de nov. de 2026 às 13:04, {M} escreveu:",
    "gmail-sv": f"Den fre 20 nov. 2026 kl 13:04 skrev {M}:",
    "gmail-da": f"Den fre. 20. nov. 2026 kl. 13.04 skrev {M}:",
    "gmail-no": "fre. 20. nov. 2026 kl. 13:04 skrev Maya Lind <\nsupport@northwind.example>:",
    "gmail-fi": "pe 20. marrask. 2026 klo 13.04 Maya Lind (support@northwind.example)\nkirjoitti:",
    "gmail-pl": f"pt., 20 lis 2026 o 13:04 {M} napisał(a):",
    "gmail-cs": "pá 20. 11. 2026 v 13:04 odesílatel Maya Lind <\nsupport@northwind.example> napsal:",
    "gmail-sk": f"pi 20. 11. 2026 o 13:04 {M} napísal(a):",
    "gmail-hu": "Maya Lind <support@northwind.example> ezt írta (időpont: 2026. nov. 20., P,\n13:04):",
    "gmail-ro": f"În vin., 20 nov. 2026 la 13:04, {M} a scris:",
    "gmail-bg": f"На пт, 20.11.2026 г. в 13:04 {M} написа:",
    "gmail-el": "Στις Παρ 20 Νοε 2026 στις 1:04 μ.μ., ο χρήστης Maya Lind <\nsupport@northwind.example> έγραψε:",
    "gmail-tr": f"{M}, 20 Kas 2026 Cum, 13:04 tarihinde şunu yazdı:",
    "gmail-ru": f"пт, 20 нояб. 2026 г. в 13:04, {M}:",
    "gmail-uk": f"пт, 20 лист. 2026 р. о 13:04 {M} пише:",
    "gmail-ja": f"2026年11月20日(金) 13:04 {M}:",
    "gmail-zh": f"{M} 于2026年11月20日周五 13:04写道：",
    "gmail-tw": f"{M} 於 2026年11月20日 週五 下午1:04寫道：",
    "gmail-ko": "2026년 11월 20일 (금) 오후 1:04, Maya Lind <support@northwind.example>님이 작성:",
    "gmail-he": "\u202bבתאריך יום ו׳, 20 בנוב׳ 2026 ב-13:04 מאת \u202aMaya Lind\u202c\u200f <\u202a"
    "support@northwind.example\u202c\u200f>:\u202c",
    "gmail-ar": f"في الجمعة، 20 نوفمبر 2026 في 1:04 م تمت كتابة ما يلي بواسطة {M}:",
    "gmail-vi": f"Vào Th 6, 20 thg 11, 2026 vào lúc 13:04 {M} đã viết:",
    "gmail-th": f"ในวันที่ ศ. 20 พ.ย. 2026 เวลา 13:04 {M} เขียนว่า:",
    "gmail-bracket-no": "fre. 20. nov. 2026 kl. 13:04 skrev Maya Lind <support@northwind.example\n>:",
    "gmail-bracket-de": 'Am 20.11.2026 13:04 schrieb "Maya Lind" <support@northwind.example\n>:',
    "gmail-bracket-fr": "Le ven. 20 nov. 2026 à 13:04, Maya Lind <support@northwind.example\n> a écrit :",
    "thunderbird-ja": "On 2026/11/20 13:04, Maya Lind のメール:",
    "yandex": f"20.11.2026, 13:04, {M}:",
    "mail-ru": f"Пятница, 20 ноября 2026, 13:04 +03:00 от {M}:",
    "tutanota": "20. Nov. 2026, 13:04 von support@northwind.example:",
    "zoho": f"---- On Fri, 20 Nov 2026 13:04:00 +0100 {M} wrote ----",
    "notes": f"-----{M} wrote: -----",
    "163": 'At 2026-11-20 13:04:00, "Maya Lind" <support@northwind.example> wrote:',
    "unknown-language": f"Qqq 20 xyz 2026 zzz 13:04 {M}:",
}
SUBJECT = "[#1042] Export stops at 10,000 rows"
DATE = "20.11.2026 13:04"
FIELDS = {
    "en": ("From", "Sent", "To", "Subject"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "pl": ("Od", "Wysłano", "Do", "Temat"),
    "sk": ("Od", "Odoslané", "Komu", "Predmet"),
    "hu": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "tr": ("Gönderen", "Gönderildi", "Kime", "Konu"),
    "ro": ("De la", "Trimis", "Către", "Subiect"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "uk": ("Від", "Надіслано", "Кому", "Тема"),
    "el": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
    "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
    "he": ("מאת", "נשלח", "אל", "נושא"),
    "ar": ("من", "تم الإرسال", "إلى", "الموضوع"),
    "hr": ("Od", "Poslano", "Za", "Predmet"),
    "unknown": ("Qaa", "Qbb", "Qcc", "Qdd"),
}
DEVICES = [
    "Sent from my iPhone",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Enviado do meu iPhone",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "Отправлено с iPhone",
    "iPhoneから送信",
    "发自我的iPhone",
    "나의 iPhone에서 보냄",
    "iPhone'umdan gönderildi",
    "Στάλθηκε από το iPhone μου",
    "נשלח מה-iPhone שלי",
    "Gesendet mit der GMX Mail App",
    "Get Outlook for Android<https://aka.ms/AAb9ysg>",
    "Sent with Proton Mail secure email.",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
]
KNOWN = {"support@northwind.example", "ann@globex.example", SUBJECT.lower()}


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_above_quoted_lines_only_the_answer_is_left(name):
    text = f"{ANSWER}\n\n{ATTRIBUTIONS[name]}\n\n{quoted()}\n"
    for instances in (OURS, ()):
        assert quotes.split_quote(text, instances, KNOWN).body == ANSWER


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_above_our_mail_without_signs_only_the_answer_is_left(name):
    assert quotes.split_quote(f"{ANSWER}\n\n{ATTRIBUTIONS[name]}\n\n{SENT.text}", OURS, KNOWN).body == ANSWER


@pytest.mark.parametrize("language", FIELDS)
@pytest.mark.parametrize("colon", [": ", " : ", "："])
def test_a_block_of_fields_above_our_mail_is_not_the_answer(language, colon):
    values = (M, DATE, "Ann <ann@globex.example>", SUBJECT)
    block = "\n".join(f"{label}{colon}{value}" for label, value in zip(FIELDS[language], values, strict=True))
    parts = quotes.split_quote(f"{ANSWER}\n\n{block}\n\n{SENT.text}", OURS, KNOWN)
    assert (parts.body, parts.cut) == (ANSWER, "marker")


@pytest.mark.parametrize("line", DEVICES)
def test_what_a_phone_adds_is_folded(line):
    parts = quotes.split_quote(f"{ANSWER}\n\n{line}\n\n{ATTRIBUTIONS['gmail-en']}\n\n{quoted()}\n", OURS, KNOWN)
    assert parts.body == ANSWER and line in parts.quoted


@pytest.mark.parametrize(
    "text",
    [
        "Sent from my desk, it is much easier than from my phone.\nBye",
        "Please send the report:\n\nFrom: Berlin\nTo: Munich\nDate: Monday",
        "As Bo wrote on Monday 12:30:\nit works",
        "Steps\n-----\n1. open\n--\n2. close\n" + "more of the text\n" * 20 + "end",
        "Get me a refund for the phone.",
        "Dosya gönderildi",
    ],
)
def test_somebodys_own_words_are_not_folded(text):
    assert quotes.split_quote(text, OURS, KNOWN).body == text


def test_every_language_has_every_word():
    assert len(mail_languages.LANGUAGES) >= 35
    for language in mail_languages.LANGUAGES:
        for name in ("sender", "date", "recipient", "subject", "wrote", "original", "forwarded", "device"):
            assert all(word.strip() for word in getattr(language, name).split("|")), (language.code, name)
