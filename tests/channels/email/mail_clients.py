"""How a dozen mail programs answer one of our own mails: each quotes the very text and HTML that we sent."""

import html as markup
import re
from email.message import EmailMessage

from helpdesk.channels.email.render import compose, sample_messages

SENT = compose.build_preview(sample_messages.sample_mails()["reply"])
ANSWER = "CSV, and it is only us.\n\nThank you, Ann"
ANSWER_HTML = "<div>CSV, and it is only us.</div><div><br></div><div>Thank you, Ann</div>"
ATTRIBUTION = "On Fri, 20 Nov 2026 at 13:04, Maya Lind, Northwind support <support@northwind.example> wrote:"
_BODY = re.search(r"<body[^>]*>(.*)</body>", SENT.html, re.DOTALL)[1]
_FIELDS = (
    ("From", "Maya Lind, Northwind support <support@northwind.example>"),
    ("Sent", "Friday, November 20, 2026 1:04 PM"),
    ("To", "Ann Ambrose <ann@globex.example>"),
    ("Subject", "[#1042] Export stops at 10,000 rows"),
)
_GERMAN = {"From": "Von", "Sent": "Gesendet", "To": "An", "Subject": "Betreff"}


def quoted(text: str = SENT.text, sign: str = "> ") -> str:
    return "\n".join((sign + line).rstrip() for line in text.rstrip().split("\n"))


def gmail():
    quote = f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{markup.escape(ATTRIBUTION)}<br></div>'
    quote += (
        f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid">{_BODY}</blockquote></div>'
    )
    return f"{ANSWER}\n\n{ATTRIBUTION}\n\n{quoted()}\n", f'<div dir="ltr">{ANSWER_HTML}</div><br>{quote}'


def gmail_wrapped_attribution():
    wrapped = ATTRIBUTION.replace("Northwind support <", "Northwind support <\n")
    return f"{ANSWER}\n\n{wrapped}\n\n{quoted()}\n", None


def apple_mail():
    said = "On 20. Nov 2026, at 13:04, Maya Lind, Northwind support <support@northwind.example> wrote:"
    quote = (
        f'<div><br><blockquote type="cite"><div>{markup.escape(said)}</div><br><div>{_BODY}</div></blockquote></div>'
    )
    return f"{ANSWER}\n\n> {said}\n> \n{quoted()}\n", f"<html><body>{ANSWER_HTML}{quote}</body></html>"


def iphone():
    said = "On 20 Nov 2026, at 13:04, Maya Lind, Northwind support <support@northwind.example> wrote:"
    text = f"{ANSWER}\n\nSent from my iPhone\n\n> {said}\n> \n> \ufeff{quoted()[2:]}\n"
    quote = f'<div dir="ltr"><br><blockquote type="cite">{markup.escape(said)}<br><br></blockquote></div>'
    return (
        text,
        f'{ANSWER_HTML}<br><div dir="ltr">Sent from my iPhone</div>{quote}<blockquote type="cite">{_BODY}</blockquote>',
    )


def outlook():
    block = "\n".join(f"{name}: {value}" for name, value in _FIELDS)
    rows = "<br>".join(f"<b>{name}:</b> {markup.escape(value)}" for name, value in _FIELDS)
    lines = "".join(f"<p class=MsoNormal>{line or '&nbsp;'}<o:p></o:p></p>" for line in ANSWER.split("\n"))
    top = '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">'
    quote = f"<div>{top}<p class=MsoNormal>{rows}<o:p></o:p></p></div></div>{_BODY}"
    return (
        f"{ANSWER}\n\n{block}\n\n{SENT.text}",
        f"<div class=WordSection1>{lines}<p class=MsoNormal>&nbsp;</p>{quote}</div>",
    )


def outlook_german():
    text, html = outlook()
    for english, german in _GERMAN.items():
        text = text.replace(f"\n{english}: ", f"\n{german}: ")
        html = html.replace(f"<b>{english}:</b>", f"<b>{german}:</b>")
    return text, html


def outlook_web():
    rows = "<br>".join(f"<b>{name}:</b> {markup.escape(value)}" for name, value in _FIELDS)
    html = f'{ANSWER_HTML}<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
    html += (
        f'<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri">{rows}</font><div>&nbsp;</div></div><div>{_BODY}</div>'
    )
    block = "\n".join(f"{name}: {value}" for name, value in _FIELDS)
    return f"{ANSWER}\n________________________________\n{block}\n\n{SENT.text}", html


def outlook_mobile():
    text, _ = outlook_web()
    return text.replace("\n____", "\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n____"), None


def outlook_express():
    block = "\n".join(f"{name}: {value}" for name, value in _FIELDS)
    return f"{ANSWER}\n\n-----Original Message-----\n{block}\n\n{SENT.text}", None


def thunderbird():
    said = "Am 20.11.26 um 13:04 schrieb Maya Lind, Northwind support:"
    html = f'{ANSWER_HTML}<div class="moz-cite-prefix">{said}<br></div>'
    html += f'<blockquote type="cite" cite="mid:x">{_BODY}</blockquote>'
    return f"{ANSWER}\n\n{said}\n{quoted()}\n", html


def yahoo():
    said = "     On Friday, November 20, 2026 at 01:04:00 PM GMT+1, Maya Lind <support@northwind.example> wrote:"
    html = f'<div class="ydp1 yahoo-style-wrap">{ANSWER_HTML}</div><div id="ydp2" class="yahoo_quoted"><div>'
    html += f"<div>{markup.escape(said.strip())}</div><div><br></div><div><div>{_BODY}</div></div></div></div>"
    return f"{ANSWER}\n\n{said}  \n \n{quoted(sign=' ')}", html


def proton():
    said = "On Friday, November 20th, 2026 at 13:04, Maya Lind <support@northwind.example> wrote:"
    html = f'{ANSWER_HTML}<div class="protonmail_quote">{markup.escape(said)}<br>'
    html += f'<blockquote class="protonmail_quote" type="cite">{_BODY}</blockquote><br></div>'
    return f"{ANSWER}\n\nSent with Proton Mail secure email.\n\n{said}\n\n{quoted()}\n", html


def gmx():
    rows = "<br>".join(
        f"<b>{name}:</b> {markup.escape(value)}" for name, value in (("Gesendet", "Freitag"), *_FIELDS[2:3])
    )
    html = f'<div style="font-family:Verdana">{ANSWER_HTML}'
    html += '<div style="margin:10px 5px;padding:10px 0;border-left:2px solid">'
    html += f"<div><b>Von:</b> &quot;Maya Lind&quot; &lt;support@northwind.example&gt;<br>{rows}<br>"
    html += f"<b>Betreff:</b> x</div>{_BODY}</div></div>"
    return None, html


def french():
    said = "Le ven. 20 nov. 2026 à 13:04, Maya Lind <support@northwind.example> a écrit :"
    return f"{ANSWER}\n\n{said}\n\n{quoted()}\n", None


def mutt_below():
    return f"* Maya Lind <support@northwind.example> [2026-11-20 13:04]:\n{quoted()}\n\n{ANSWER}\n", None


def thunderbird_below():
    return f"On 20.11.26 13:04, Maya Lind, Northwind support wrote:\n{quoted()}\n\n{ANSWER}\n", None


ABOVE = (
    gmail,
    gmail_wrapped_attribution,
    apple_mail,
    iphone,
    outlook,
    outlook_german,
    outlook_web,
    outlook_mobile,
    outlook_express,
    thunderbird,
    yahoo,
    proton,
    gmx,
    french,
)
BELOW = (mutt_below, thunderbird_below)


def mail(text: str | None, html: str | None) -> bytes:
    message = EmailMessage()
    message["From"] = "Ann Ambrose <ann@globex.example>"
    message["To"] = "Northwind support <reply+mzxw6ytboi2dgnbvgy3tqojqme@reply.northwind.example>"
    message["Subject"] = "Re: [#1042] Export stops at 10,000 rows"
    message["Message-ID"] = "<answer@globex.example>"
    if text is not None:
        message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html") if text is not None else message.set_content(html, subtype="html")
    return message.as_bytes()
