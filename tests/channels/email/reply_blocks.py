"""What further programs, web mail of providers and ticket systems put above our mail without ">": separators and blocks
of fields, by language and program.
"""

# Lines have at most 120 bytes, where the formatter counts characters.
# fmt: off
A = "<support@northwind.example>"
M = f"Maya Lind {A}"
TO = "Ann Ambrose <ann@globex.example>"
S = "Re: [#1042] Export stops at 10,000 rows"
D = "20.11.2026 13:04"


def block(labels: str, before: str = "", colon: str = ": ", sender: str = M, date: str = D) -> str:
    """Return fields with these labels: sender, date, recipient, subject; ``before`` is the line above."""
    rows = [f"{label}{colon}{value}" for label, value in zip(labels.split("|"), (sender, date, TO, S), strict=True)]
    return "\n".join([*([before] if before else []), *rows])


LINE = "_" * 32
BLOCKS = {
    "sv outlook": block("Från|Skickat|Till|Ämne", date="den 20 november 2026 13:04"),
    "no outlook": block("Fra|Sendt|Til|Emne", date="fredag 20. november 2026 13:04"),
    "nl outlook": block("Van|Verzonden|Aan|Onderwerp", date="vrijdag 20 november 2026 13:04"),
    "it outlook": block("Da|Inviato|A|Oggetto", date="venerdì 20 novembre 2026 13:04"),
    "es outlook": block("De|Enviado el|Para|Asunto", date="viernes, 20 de noviembre de 2026 13:04"),
    "pt outlook-brazil": block("De|Enviada em|Para|Assunto", date="sexta-feira, 20 de novembro de 2026 13:04"),
    "pt outlook": block("De|Enviado|Para|Assunto", date="20 de novembro de 2026 13:04"),
    "fr outlook": block("De|Envoyé|À|Objet", colon=" : ", date="vendredi 20 novembre 2026 13:04"),
    "de outlook": block("Von|Gesendet|An|Betreff", date="Freitag, 20. November 2026 13:04"),
    "de owa": block("Von|Gesendet|An|Betreff", LINE, date="Freitag, 20. November 2026 13:04:00"),
    "cs outlook": block("Od|Odesláno|Komu|Předmět", date="pátek 20. listopadu 2026 13:04"),
    "bg outlook": block("От|Изпратено|До|Относно"),
    "sl outlook": block("Od|Poslano|Za|Zadeva", date="petek, 20. november 2026 13:04"),
    "sr outlook": block("Šalje|Poslato|Prima|Naslov"),
    "et outlook": block("Saatja|Saadetud|Adressaat|Teema"),
    "lv outlook": block("No|Nosūtīts|Kam|Tēma"),
    "lt outlook": block("Nuo|Išsiųsta|Kam|Tema"),
    "vi outlook": block("Từ|Đã gửi|Tới|Chủ đề"),
    "id outlook": block("Dari|Dikirim|Kepada|Subjek"),
    "ms outlook": block("Daripada|Dihantar|Kepada|Subjek"),
    "ca outlook": block("De|Enviat|Per a|Tema"),
    "gl outlook": block("De|Enviado|Para|Asunto"),
    "eu outlook": block("Nork|Bidalia|Nori|Gaia"),
    "is outlook": block("Frá|Sent|Til|Efni"),
    "hi outlook": block("प्रेषक|भेजा गया|प्रति|विषय"),
    "th outlook": block("จาก|ส่ง|ถึง|เรื่อง"),
    "fa outlook": block("از|ارسال شده|به|موضوع"),
    "kk outlook": block("Кімнен|Жіберілген|Кімге|Тақырыбы"),
    "az outlook": block("Göndərən|Göndərilib|Kimə|Mövzu"),
    "tw outlook": block("寄件者|寄件日期|收件者|主旨", date="2026年11月20日 下午 01:04"),
    "mk outlook": block("Од|Испратено|До|Тема"),
    "sq outlook": block("Nga|Dërguar|Për|Subjekti"),
    "ka outlook": block(
        "გამგზავნი|გაგზავნილია|ადრესატი|თემა"
    ),
    "hy outlook": block("Ուղարկող|Ուղարկված|Ում|Թեմա"),
    "en outlook-mac": block("From|Date|To|Subject", date="Friday, 20 November 2026 at 13:04"),
    "en samsung": block("From|Date|To|Subject", "-------- Original message --------", date=f"{D} (GMT+01:00)"),
    "de samsung": block("Von|Datum|An|Betreff", "-------- Ursprüngliche Nachricht --------"),
    "fr samsung": block("De|Date|À|Objet", "-------- Message d'origine --------", colon=" : "),
    "it samsung": block("Da|Data|A|Oggetto", "-------- Messaggio originale --------"),
    "en emclient": block('From|Date|To|Subject', "------ Original Message ------", colon=" "),
    "de emclient": block('Von|Datum|An|Betreff', "------ Originalnachricht ------", colon=" "),
    "cs emclient": block('Od|Datum|Komu|Předmět', "------ Původní zpráva ------", colon=" "),
    "en windows-phone": block("From|Sent|To|Subject", LINE, sender="Maya Lind<mailto:support@northwind.example>"),
    "de windows-mail": block("Von|Gesendet|An|Betreff", "Gesendet von Mail für Windows\n", sender="Maya Lind"),
    "en blackberry": block("From|Sent|To|Subject", "Sent from my BlackBerry 10 smartphone."),
    "en notes": block("From|Date|To|Subject", colon=":        "),
    "de notes": block("Von|Datum|An|Betreff", colon=":        "),
    "en zimbra": block("From|Sent|To|Subject", "----- Original Message -----", sender=f'"Maya Lind" {A}'),
    "fr zimbra": block("De|Envoyé|À|Objet", "----- Mail original -----"),
    "de t-online": block("Betreff|Datum|Von|An", "-----Original-Nachricht-----", sender=S, date="2026-11-20T13:04:00"),
    "it aruba": block("Da|Data|A|Oggetto", "----- Messaggio originale -----"),
    "pl interia": block("Od|Wysłane|Do|Temat", date="13:04 Piątek 2026-11-20"),
    "cs seznam": block("Od|Datum|Komu|Předmět", "---------- Původní e-mail ----------"),
    "ko daum": block("보낸사람 |날짜 |받는사람 |제목 ", "--------- 원본 메일 ---------"),
    "ko naver": block("From|Sent|To|Subject", "-----Original Message-----", sender=f'"Maya Lind"{A}'),
    "ko samsung": block("발신|날짜|받은 사람|제목", "-------- 원본 이메일 --------"),
    "en qq": block("From|Date|To|Subject", "----------------&nbsp;Original&nbsp;----------------", colon=": &nbsp;"),
    "zh qq": block("发件人|发送时间|收件人|主题", "------------------ 原始邮件 ------------------"),
    "zh foxmail": block("发件人|发送时间|收件人|主题", colon="： "),
    "zh aliyun": block("发件人|发送时间|收件人|主　题", "-" * 66, colon="："),
    "zh netease-phone": (
        f"---- 回复的原邮件 ----\n| 发件人 | {M} |\n| 日期"
        f" | {D} |\n| 收件人 | {TO} |\n| 主题 | {S} |"
    ),
    "ja yahoo": block("From|Date|To|Subject", "----- Original Message -----", date="2026/11/20 金 13:04"),
    "ja outlook": block("差出人|送信日時|宛先|件名", date="2026年11月20日 13:04"),
    "he outlook": block("‏‏מאת|‏‏נשלח|‏‏אל|‏‏נושא"),
    "en salesforce": block("From|Sent|To|Subject", "-" * 15 + " Original Message " + "-" * 15,
                           sender="Maya Lind [support@northwind.example]"),
    "en rediff": block("From|Sent|To|Subject", date="Fri, 20 Nov 2026 13:04:00"),
    "en mailbird": f"On 20.11.2026 13:04:00, {M} wrote:",
    "en mimecast": f"----- {M} wrote on 20 November 2026 13:04 -----",
    "en dynamics": block("From|Received|To|Subject", "------------------- Original Message -------------------"),
    "tr outlook": block("Kimden|Gönderildi|Kime|Konu", date="20 Kasım 2026 Cuma 13:04"),
    "tr yandex": f"20.11.2026, 13:04, {M}:",
    "hu outlook": block("Feladó|Elküldve|Címzett|Tárgy", date="2026. november 20., péntek 13:04"),
    "pl owa": block("Od|Wysłane|Do|Temat", LINE, date="piątek, 20 listopada 2026 13:04"),
    "ar outlook": block("من|تاريخ الإرسال|إلى|الموضوع"),
    "ro yahoo": f"   Pe vineri, 20 noiembrie 2026, 13:04:00 EET, {M} a scris:",
    "es yahoo": f"   En viernes, 20 de noviembre de 2026, 13:04:00 CET, {M} escribió:",
}
