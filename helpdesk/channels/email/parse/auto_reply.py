"""Recognise mail that no person wrote, so that automatic mail never causes mail (RFC 3834), and our own mail coming
back.
"""

import re
from email.message import Message

from helpdesk.channels.email.parse import mime

_AUTOMATIC_SENDER = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|listserv|majordomo)([+=._-].*)?",
    re.IGNORECASE,
)
# With what follows them, because people write about such mails, too.
_AUTOMATIC_SUBJECT = re.compile(
    r"[\[【(（]?(?:automatic reply|auto(?:matic)?[ -]?(?:response|reply)(?: from [^:]{1,60})?"
    r"|out of (?:the )?office(?: auto ?reply)?|undeliverable"
    r"|automatische antwort|abwesenheits(?:notiz|nachricht|meldung|assistent)|automatische abwesenheits\w{1,20}"
    r"|réponse automatique(?: d['’]absence)?|absent(?:e)? du bureau|message d['’]absence"
    r"|absence du bureau|respuesta autom[áa]tica|fuera de (?:la )?oficina|risposta automatica|fuori (?:sede|ufficio)"
    r"|assenza dall['’]ufficio|automatisch antwoord|auto-antwoord|afwezigheidsbericht"
    r"|niet aanwezig|resposta automática|ausência (?:temporária|do escritório)|fora do escritório"
    r"|autosvar|automatiskt svar|frånvaromeddelande"
    r"|automatisk svar|fraværsmelding"
    r"|automatická odpověď|mimo kancelář|automaattinen vastaus|poissaoloilmoitus|automatyczna odpowiedź"
    r"|autom?\.? ?odpowiedź|odpowiedź automatyczna"
    r"|automatikus válasz|házon kívül|răspuns automat|автоматический ответ"
    r"|автоответ|автоматична відповідь|自動返信|自動応答|不在(?:通知|メッセージ)|自动回[复覆]"
    r"|自動[回答][覆復]|自动答复|자동 ?(?:회신|응답)|부재 ?중"
    r"|otomatik yanıt|ofis dışında|(?:การ)?ตอบกลับอัตโนมัติ|trả lời tự động"
    r"|balasan otomatis|balasan automatik|resposta automàtica"
    r"|automatski odgovor|automatsko odgovaranje|samodejni odgovor|automaatvastus|automātiska atbilde"
    r"|automatinis atsakymas|automatická odpoveď|mimo kancelárie|автоматичен отговор"
    r"|аутоматски одговор|автоматски одговор"
    r"|sjálfvirkt svar|پاسخ خودکار|erantzun automatikoa|automatický email|outlook automaattivastaus"
    r"|ich bin (?:nicht im büro|außer haus)|away from (?:the|my) office|i am (?:currently )?out of (?:the )?office"
    r"|αυτόματη απάντηση|(?:תשובה|מענה) אוטומטית?י?|(?:ال)?رد (?:ال)?تلقائي)"
    r"(?:[\])】）]|\s*(?:[:\uff1a(\uff08\[]|$)|\s(?:re|aw|sv|vs|antw|rv|odp|ynt|fwd?)\s?:)"
    r"|\[?auto-?reply\]|automatisch antwoord voor\s|.{1,150}\(auto(?:matic)?[ -]?(?:reply|response)\)$"
    r"|auto: [^:]{1,60}\s(?:is (?:currently )?out of (?:the |my )?office|ist (?:derzeit )?außer haus)\b"
    r"|delivery status notification \((?:failure|delay|fehl|verz|échec|retard|error)"
    r"|mail delivery failed: returning|returned mail: "
    r"(?:see transcript|user |host |unable|service |data format|local|list )"
    r"|undelivered mail returned to sender$",
    re.IGNORECASE,
)
# What a person may write, too, so only of a mail that answers one: it names another, or its subject says "Re:".
_AUTOMATIC_ANSWER = re.compile(
    r"(?:auto|ooo|(?:on )?vacation|absence|abwesend|afwezig|frånvaro|fravær(?:ende)?|poissa(?:olo)?|nepřítomnost"
    r"|нет на месте)\s?(?::|\s(?=re\s?:))"
    r"|[^:]{1,60}\s(?:is (?:currently )?out of (?:the |my )?office|ist (?:derzeit )?außer haus)(?:\s?\(|\.?$)"
    r"|i am (?:currently )?out of (?:the )?office(?: until| from|\s?[.,(]|$)",
    re.IGNORECASE,
)
_ANSWERED = re.compile(r".{0,40}?\b(?:re|aw|sv|vs|antw|rv|odp|ynt)\s?:", re.IGNORECASE)
_MACHINE_FIELD = re.compile(
    r"x-(?:[a-z]{1,20}-)?(?:auto-?(?:reply|respond(?:er)?|response)|vacation)(?:-.{1,40})?|feedback-id|list-id"
    r"|list-unsubscribe|x-fc-machinegenerated",
    re.IGNORECASE,
)
_OWN_FIELD_PREFIX = "x-portal-"


def automatic_reason(message: Message, author: str) -> str:
    """Return a sentence about the sign in this mail that a machine sent it, or "" for a person's mail.

    X-Auto-Response-Suppress alone is no sign: Exchange puts it on ordinary mail.
    """
    submitted = mime.header_text(message, "Auto-Submitted").lower().split(";")[0].strip()
    if submitted and submitted != "no":
        return f"It says Auto-Submitted: {submitted}."
    if mime.header_text(message, "Return-Path") == "<>" or message.get("X-Failed-Recipients"):
        return "It has no sender to answer to."
    if message.get_content_type() == "multipart/report":
        return "It is a report of a mail system."
    precedence = mime.header_text(message, "Precedence").lower()
    if precedence in {"bulk", "junk", "list", "auto_reply"}:
        return f"It says Precedence: {precedence}."
    for name, value in message.items():
        is_request = name.lower() == "x-auto-response-suppress"
        if not is_request and str(value).strip() and _MACHINE_FIELD.fullmatch(name):
            return f"It has the field {name}."
    local_part = author.split("@")[0]
    if local_part and _AUTOMATIC_SENDER.fullmatch(local_part):
        return f"It comes from {local_part}."
    if _has_automatic_subject(message):
        return "Its subject is that of an automatic answer."
    return ""


def is_answer(message: Message) -> bool:
    """Return whether a machine answered with this mail for somebody, who is away for example: it did receive ours."""
    return mime.header_text(message, "Auto-Submitted").lower().startswith("auto-replied") or _has_automatic_subject(
        message
    )


def is_own_mail(message: Message, instances: tuple[str, ...]) -> bool:
    """Return whether this installation sent ``message`` itself."""
    return any(str(value).strip() in instances for value in message.get_all("X-Portal-Instance") or [])


def remove_own_fields(message: Message) -> None:
    """Remove every control field of ours from an incoming mail, so that none of them has an effect."""
    for name in {name for name in message if name.lower().startswith(_OWN_FIELD_PREFIX)}:
        del message[name]


def _has_automatic_subject(message: Message) -> bool:
    subject = mime.header_text(message, "Subject")
    if _AUTOMATIC_SUBJECT.match(subject):
        return True
    is_answering = bool(message.get("In-Reply-To") or message.get("References") or _ANSWERED.match(subject))
    return is_answering and bool(_AUTOMATIC_ANSWER.match(subject))
