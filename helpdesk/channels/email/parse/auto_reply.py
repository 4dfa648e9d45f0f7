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
    r"(?:automatic reply|auto(?:matic)?[ -]?(?:response|reply)|out of (?:the )?office(?: auto ?reply)?|undeliverable"
    r"|automatische antwort|abwesenheits(?:notiz|nachricht|meldung)|abwesend|réponse automatique|absence du bureau"
    r"|respuesta automática|fuera de la oficina|risposta automatica|fuori sede|automatisch antwoord"
    r"|afwezigheidsbericht"
    r"|niet aanwezig|afwezig|resposta automática|ausência temporária|autosvar|automatiskt svar|frånvaro"
    r"|automatisk svar"
    r"|fravær|automatická odpověď|mimo kancelář|automaattinen vastaus|poissaoloilmoitus|automatyczna odpowiedź"
    r"|automatikus válasz|räspuns automat|răspuns automat|автоматический ответ"
    r"|автоответ|автоматична відповідь"
    r"|自動返信|自動応答|不在通知|自动回复|自動回覆|自動回復|자동 회신|부재중"
    r"|otomatik yanıt|ofis dışında"
    r"|自动答复|ตอบกลับอัตโนมัติ|trả lời tự động|balasan otomatis"
    r"|balasan automatik|resposta automàtica"
    r"|automatski odgovor|automatsko odgovaranje|samodejni odgovor|automaatvastus|automātiska atbilde"
    r"|automatinis atsakymas|automatická odpoveď|mimo kancelárie|автоматичен отговор"
    r"|аутоматски одговор|автоматски одговор"
    r"|sjálfvirkt svar|پاسخ خودکار|erantzun automatikoa|automatický email|outlook automaattivastaus"
    r"|ich bin (?:nicht im büro|außer haus)|away from (?:the|my) office|i am (?:currently )?out of (?:the )?office"
    r"|αυτόματη απάντηση|תשובה אוטומטית|رد تلقائي)\s*(?:[:\uff1a(\uff08\[]|$)"
    r"|\[?auto-?reply\]|automatisch antwoord voor\s"
    r"|delivery status notification \((?:failure|delay|fehl|verz|échec|retard|error)"
    r"|mail delivery failed: returning|returned mail: "
    r"(?:see transcript|user |host |unable|service |data format|local|list )"
    r"|undelivered mail returned to sender$",
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
    for name in (
        "List-Id",
        "List-Unsubscribe",
        "X-Autoreply",
        "X-Autorespond",
        "X-Autoresponder",
        "Feedback-ID",
    ):
        if message.get(name):
            return f"It has the field {name}."
    local_part = author.split("@")[0]
    if local_part and _AUTOMATIC_SENDER.fullmatch(local_part):
        return f"It comes from {local_part}."
    if _AUTOMATIC_SUBJECT.match(mime.header_text(message, "Subject")):
        return "Its subject is that of an automatic answer."
    return ""


def is_own_mail(message: Message, instances: tuple[str, ...]) -> bool:
    """Return whether this installation sent ``message`` itself."""
    return any(str(value).strip() in instances for value in message.get_all("X-Portal-Instance") or [])


def remove_own_fields(message: Message) -> None:
    """Remove every control field of ours from an incoming mail, so that none of them has an effect."""
    for name in {name for name in message if name.lower().startswith(_OWN_FIELD_PREFIX)}:
        del message[name]
