"""How the HTML of further programs, web mail of providers and ticket systems puts an answer above what it quotes, by
language and program. In each, ANSWER and QUOTE stand for the words.
"""

# Lines have at most 120 bytes, where the formatter counts characters.
# fmt: off
W = "Maya Lind &lt;support@northwind.example&gt;"
S = "Re: [#1042] Export stops at 10,000 rows"
TO = "Ann Ambrose &lt;ann@globex.example&gt;"


def fields(labels: str, date: str = "20.11.2026 13:04", join: str = "<br>", colon: str = ":") -> str:
    """Return fields with these labels in bold: sender, date, recipient, subject."""
    pairs = zip(labels.split("|"), (W, date, TO, S), strict=True)
    return join.join(f"<b>{label}{colon}</b> {value}" for label, value in pairs)


def outlook(labels: str, date: str = "20.11.2026 13:04", colon: str = ":") -> str:
    """Return what Outlook for Windows writes."""
    rows = fields(labels, date, colon=colon)
    return (
        '<div class="WordSection1">ANSWER<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;'
        'border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><span style="mso-fareast-'
        f'language:DE">{rows}<o:p></o:p></span></p></div></div><p class="MsoNormal"><o:p>&nbsp;</o:p></p>QUOTE</div>'
    )


def owa(labels: str, date: str = "20.11.2026 13:04") -> str:
    """Return what Outlook on the web and the new Outlook write."""
    return (
        '<div class="elementToProof">ANSWER</div><div id="appendonsend"></div>'
        '<hr style="display:inline-block;width:98%">'
        f'<div id="divRplyFwdMsg" dir="ltr"><span>{fields(labels, date)}</span><div>&nbsp;</div></div><div>QUOTE</div>'
    )


def phone(signature: str, labels: str) -> str:
    """Return what Outlook on a phone writes."""
    return (
        f'ANSWER<div id="ms-outlook-mobile-signature"><div><br></div>{signature}</div><div id="mail-editor-reference-'
        'message-container"><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri, sans-serif">{fields(labels)}</font></div>QUOTE</div>'
    )


def gmail(said: str) -> str:
    """Return what Gmail writes."""
    return (
        '<div dir="ltr">ANSWER</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{said}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0 0 0 0.8ex">QUOTE</blockquote></div>'
    )


def cited(said: str) -> str:
    """Return what Thunderbird writes."""
    prefix = f'<div class="moz-cite-prefix">{said}<br></div>'
    return f'<p>ANSWER</p>{prefix}<blockquote type="cite" cite="mid:x">QUOTE</blockquote>'


def apple(said: str, signature: str = "") -> str:
    """Return what Apple Mail writes."""
    return (
        f'ANSWER<div id="AppleMailSignature"><div><br></div>{signature}</div><div><br><blockquote type="cite">'
        f'<div>{said}</div><br class="Apple-interchange-newline"></blockquote></div>'
        '<blockquote type="cite"><div>QUOTE</div></blockquote>'
    )


PAGES = {
    "sv outlook": outlook("Från|Skickat|Till|Ämne"),
    "fr outlook": outlook("De|Envoyé|À|Objet", colon="&nbsp;:"),
    "it outlook": outlook("Da|Inviato|A|Oggetto"),
    "vi outlook": outlook("Từ|Đã gửi|Đến|Chủ đề"),
    "ka outlook": outlook(
        "გამგზავნი|გაგზავნილია|ადრესატი|თემა",
    ),
    "zh outlook": outlook("发件人|发送时间|收件人|主题", colon=": "),
    "pt owa": owa("De|Enviado|Para|Assunto"),
    "no owa": owa("Fra|Sendt|Til|Emne"),
    "cs owa": owa("Od|Odesláno|Komu|Předmět"),
    "ar owa": owa("من|تم الإرسال|إلى|الموضوع"),
    "unknown owa": owa("Qaa|Qbb|Qcc|Qdd"),
    "de outlook-phone": phone('<a href="https://aka.ms/x">Outlook für iOS</a> beziehen', "Von|Gesendet|An|Betreff"),
    "fr outlook-phone": phone('Obtenez <a href="https://aka.ms/x">Outlook pour Android</a>', "De|Envoyé|À|Objet"),
    "es outlook-phone": phone('Obtener <a href="https://aka.ms/x">Outlook para iOS</a>', "De|Enviado|Para|Asunto"),
    "it outlook-phone": phone('Scarica <a href="https://aka.ms/x">Outlook per iOS</a>', "Da|Inviato|A|Oggetto"),
    "nl outlook-phone": phone(
        'Outlook voor Android <a href="https://aka.ms/x">downloaden</a>',
        "Van|Verzonden|Aan|Onderwerp",
    ),
    "pl outlook-phone": phone(
        'Pobierz program <a href="https://aka.ms/x">Outlook dla systemu iOS</a>',
        "Od|Wysłane|Do|Temat",
    ),
    "pt outlook-phone": phone('Obter o <a href="https://aka.ms/x">Outlook para iOS</a>', "De|Enviado|Para|Assunto"),
    "ja outlook-phone": phone(
        '<a href="https://aka.ms/x">Outlook for iOS</a> を入手',
        "差出人|送信日時|宛先|件名",
    ),
    "sv outlook-phone": phone('Hämta <a href="https://aka.ms/x">Outlook för iOS</a>', "Från|Skickat|Till|Ämne"),
    "hy gmail": gmail(f"ուրբ, 20 նոյ, 2026, 13:04 {W} գրել է.<br>"),
    "id gmail": gmail(f"Pada tanggal Jum, 20 Nov 2026 pukul 13.04 {W} menulis:"),
    "unknown gmail": gmail(f"Qqq, 20 xyz 2026, 13:04 {W} zzz"),
    "cy thunderbird": cited("Ar 20/11/2026 13:04, ysgrifennodd Maya Lind:"),
    "unknown thunderbird": cited("Qq 20/11/2026 13:04, zzzz Maya Lind:"),
    "fr apple-phone": apple(f"Le 20 nov. 2026 à 13:04, {W} a écrit&nbsp;:", "Envoyé de mon iPhone"),
    "nl apple-tablet": apple(
        f"Op 20 nov. 2026 om 13:04 heeft {W} het volgende geschreven:",
        "Verstuurd vanaf mijn iPad",
    ),
    "ko apple-phone": apple(f"2026. 11. 20. 오후 1:04, {W} 작성:", "나의 iPhone에서 보냄"),
    "fi apple-phone": apple(f"{W} kirjoitti 20.11.2026 kello 13.04:", "Lähetetty iPhonesta"),
    "en samsung": (
        '<div dir="auto">ANSWER</div><div dir="auto"><br></div><div id="composer_signature" dir="auto"><div '
        'style="font-size:12px">Sent from my Galaxy</div></div><div><br></div><div align="left" dir="auto"><!-- '
        "originalMessage --><div>-------- Original message --------</div><div><b>From:</b> Maya Lind "
        "&lt;support@northwind.example&gt;</div><div><b>Date:</b> 20.11.2026 13:04</div><div><b>To:</b> Ann "
        "Ambrose &lt;ann@globex.example&gt;</div><div><b>Subject:</b> Re: [#1042] Export stops at 10,000 "
        "rows</div><div><br></div></div>QUOTE"
    ),
    "de t-online": (
        "ANSWER<div><br></div><div>-----Original-Nachricht-----</div><div>Betreff: Re: [#1042] Export stops at "
        "10,000 rows</div><div>Datum: 2026-11-20T13:04:00+0100</div><div>Von: Maya Lind "
        "&lt;support@northwind.example&gt;</div><div>An: Ann Ambrose "
        "&lt;ann@globex.example&gt;</div><div><br></div>QUOTE"
    ),
    "de gmx": (
        '<div style="font-family: Verdana">ANSWER</div><div><div style="margin: 10px 5px 5px 10px; border-left: '
        '2px solid #C3D9E5;" name="quote"><div style="margin:0 0 10px 0;"><b>Von:</b> Maya Lind '
        "&lt;support@northwind.example&gt;<br><b>Gesendet:</b> 20.11.2026 13:04<br><b>An:</b> Ann Ambrose "
        "&lt;ann@globex.example&gt;<br><b>Betreff:</b> Re: [#1042] Export stops at 10,000 rows</div><div "
        'name="quoted-content">QUOTE</div></div></div>'
    ),
    "de mailbox-org": (
        '<div>ANSWER</div><blockquote type="cite"><div>Maya Lind &lt;support@northwind.example&gt; hat am '
        "20.11.2026 13:04 CET geschrieben:</div><div><br></div><div><br></div>QUOTE</blockquote>"
    ),
    "fr orange": (
        '<p>ANSWER</p><br><blockquote style="border-left:#ff0000 2px solid; padding-left: 8px; margin-left: '
        '5px">> Message du 20/11/26 13:04<br>> De : Maya Lind &lt;support@northwind.example&gt;<br>> A : Ann '
        "Ambrose &lt;ann@globex.example&gt;<br>> Copie à : <br>> Objet : Re: [#1042] Export stops at 10,000 "
        "rows<br>> <br>QUOTE</blockquote>"
    ),
    "fr zimbra": (
        '<div style="font-family: arial">ANSWER<br><hr id="zwchr"><blockquote style="border-left:2px solid '
        '#1010FF"><b>De: </b> Maya Lind &lt;support@northwind.example&gt;<br><b>Envoyé: </b> 20.11.2026 '
        "13:04<br><b>À: </b> Ann Ambrose &lt;ann@globex.example&gt;<br><b>Objet: </b> Re: [#1042] Export stops "
        "at 10,000 rows<br></blockquote><blockquote>QUOTE</blockquote></div>"
    ),
    "it libero": (
        '<div>ANSWER</div><blockquote type="cite">Il 20 novembre 2026 alle 13:04 Maya Lind '
        "&lt;support@northwind.example&gt; ha scritto:<br><br>QUOTE</blockquote>"
    ),
    "pl wp": (
        "<div>ANSWER</div><div><br></div><div>Dnia 20 listopada 2026 13:04 Maya Lind "
        "&lt;support@northwind.example&gt; napisał(a):</div><blockquote>QUOTE</blockquote>"
    ),
    "cs seznam": (
        "<div>ANSWER</div><br><aside>---------- Původní e-mail ----------<br>Od: Maya Lind "
        "&lt;support@northwind.example&gt;<br>Komu: Ann Ambrose &lt;ann@globex.example&gt;<br>Datum: 20. 11. "
        "2026 13:04:00<br>Předmět: Re: [#1042] Export stops at 10,000 rows</aside><br><blockquote "
        'data-email="support@northwind.example">QUOTE</blockquote>'
    ),
    "ru yandex": (
        '<div>ANSWER</div><div> </div><div>20.11.2026, 13:04, "Maya Lind" '
        "&lt;support@northwind.example&gt;:</div><blockquote><div>QUOTE</div></blockquote>"
    ),
    "ru mail-ru": (
        '<div>ANSWER</div><blockquote style="border-left:1px solid #0857A6">Пятница, 20 ноября '
        "2026, 13:04 +03:00 от Maya Lind &lt;support@northwind.example&gt;:<br><div>QUOTE</div></blockquote>"
    ),
    "en yahoo-phone": (
        'ANSWER<br><br><div id="ymail_android_signature"><a href="https://go.onelink.me/x">Sent from Yahoo Mail '
        'on Android</a></div> <br> <blockquote style="margin: 0 0 20px 0;"> <div style="font-family:Roboto"> '
        "<div>On Fri, Nov 20, 2026 at 1:04 PM, Maya Lind</div><div>&lt;support@northwind.example&gt; "
        "wrote:</div> </div> <div>QUOTE</div> </blockquote>"
    ),
    "es yahoo": (
        '<div class="yahoo-style-wrap"><div dir="ltr">ANSWER</div></div><div id="yahoo_quoted_1" '
        'class="yahoo_quoted"><div><div>En viernes, 20 de noviembre de 2026, 13:04:00 CET, Maya Lind '
        "&lt;support@northwind.example&gt; escribió: </div><div><br></div><div>QUOTE</div></div></div>"
    ),
    "zh qq": (
        '<div>ANSWER</div><div><br></div><div style="font-size:12px;padding:2px '
        '0;">------------------&nbsp;原始邮件&nbsp;------------------</div><div '
        'style="background:#efefef"><div><b>发件人:</b> Maya Lind '
        "&lt;support@northwind.example&gt;;</div><div><b>发送时间:</b> 20.11.2026 "
        "13:04;</div><div><b>收件人:</b> Ann Ambrose &lt;ann@globex.example&gt;;</div><div><b>主题:</b> Re: "
        "[#1042] Export stops at 10,000 rows</div></div><div><br></div>QUOTE"
    ),
    "zh 163": (
        '<div style="line-height:1.7">ANSWER</div><br><p>At 2026-11-20 13:04:00, "Maya Lind" '
        '&lt;support@northwind.example&gt; wrote:</p><blockquote id="isReplyContent">QUOTE</blockquote>'
    ),
    "ko naver": (
        "<p>ANSWER</p><p>&nbsp;</p><p><b>-----Original Message-----</b><br><b>From:</b> Maya Lind "
        "&lt;support@northwind.example&gt;<br><b>Sent:</b> 20.11.2026 13:04<br><b>To:</b> Ann Ambrose "
        "&lt;ann@globex.example&gt;<br><b>Subject:</b> Re: [#1042] Export stops at 10,000 "
        "rows</p><p>&nbsp;</p>QUOTE"
    ),
    "en proton": (
        '<div>ANSWER</div><div class="protonmail_signature_block"><div '
        'class="protonmail_signature_block-proton">Sent with <a href="https://proton.me/">Proton Mail</a> secure '
        'email.</div></div><div class="protonmail_quote">On Friday, November 20th, 2026 at 1:04 PM, Maya Lind '
        '&lt;support@northwind.example&gt; wrote:<br><blockquote class="protonmail_quote" '
        'type="cite">QUOTE</blockquote></div>'
    ),
    "en emclient": (
        '<div>ANSWER</div><div><br></div><div>------ Original Message ------</div><div>From "Maya Lind" '
        "&lt;support@northwind.example&gt;</div><div>To Ann Ambrose &lt;ann@globex.example&gt;</div><div>Date "
        "20.11.2026 13:04:00</div><div>Subject Re: [#1042] Export stops at 10,000 "
        "rows</div><div><br></div><blockquote>QUOTE</blockquote>"
    ),
    "en spark": (
        '<div name="messageBodySection">ANSWER</div><div name="messageSignatureSection"><br>Sent from '
        'Spark</div><div name="messageReplySection">On 20 Nov 2026 at 13:04 +0100, Maya Lind '
        '&lt;support@northwind.example&gt;, wrote:<br><blockquote type="cite">QUOTE</blockquote></div>'
    ),
    "en superhuman": (
        '<div>ANSWER</div><br><div class="gmail_signature">Sent via <a '
        'href="https://sprh.mn/x">Superhuman</a></div><br><div class="gmail_quote">On Fri, Nov 20, 2026 at 1:04 '
        "PM, Maya Lind <span>&lt;<a "
        'href="mailto:support@northwind.example">support@northwind.example</a>&gt;</span> wrote:<br><blockquote '
        'class="gmail_quote">QUOTE</blockquote></div>'
    ),
    "en salesforce": (
        "<p>ANSWER</p><br>--------------- Original Message ---------------<br><b>From:</b> Maya Lind "
        "&lt;support@northwind.example&gt;<br><b>Sent:</b> 20.11.2026 13:04<br><b>To:</b> Ann Ambrose "
        "&lt;ann@globex.example&gt;<br><b>Subject:</b> Re: [#1042] Export stops at 10,000 rows<br><br>QUOTE"
    ),
    "en jira": (
        "<p>ANSWER</p><p>On 20/Nov/26 1:04 PM, Maya Lind &lt;support@northwind.example&gt; "
        "wrote:</p><blockquote>QUOTE</blockquote>"
    ),
    "en notes": (
        "<font size=2>ANSWER</font><br><br><font size=1 color=#5f5f5f>From: &nbsp; &nbsp; &nbsp;</font><font "
        "size=1>Maya Lind &lt;support@northwind.example&gt;</font><br><font size=1>To: &nbsp; &nbsp; "
        "&nbsp;</font><font size=1>Ann Ambrose &lt;ann@globex.example&gt;</font><br><font size=1>Date: &nbsp; "
        "&nbsp;</font><font size=1>20.11.2026 13:04</font><br><font size=1>Subject: &nbsp; &nbsp;</font><font "
        "size=1>Re: [#1042] Export stops at 10,000 rows</font><br><hr noshade>QUOTE"
    ),
    "de roundcube": (
        '<p>ANSWER</p><p id="reply-intro">Am 2026-11-20 13:04, schrieb Maya Lind:</p><blockquote '
        'type="cite">QUOTE</blockquote>'
    ),
}
