"""Store the text that a mail quoted, and note whether it says something that is nowhere else on the ticket."""

import re

from sqlalchemy import select

from helpdesk import config
from helpdesk.channels.email.parse import quote_phrases
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.message import Message, MessageKind

MAX_COMPARED_MESSAGES = 20
MAX_COMPARED_LINES = 400
_MIN_WORDS = 3  # of a line that counts as something said

_MARKER_BEGINNING = "Write your answer above this line"
_SIGNS = re.compile(r"[\W_]+")
# What our own mails say besides their messages (templates/mail).
_OWN_SENTENCES = (
    "Earlier in ticket",
    "Open the ticket",
    "We have your ticket: You get a mail when somebody answers.",
    "If something is still missing, answer before then and it opens again. A later answer starts a new ticket.",
    "You filed this ticket. Answer by replying to this mail, or in the portal.",
    "You filed this ticket. Answer in the portal: replies to this mail are not read.",
    "You follow this ticket. Answer by replying to this mail, or in the portal.",
    "You follow this ticket. Answer in the portal: replies to this mail are not read.",
    "Choose which mails you get · Stop these mails",
    "marked this ticket as solved. If it is not, answer and it opens again.",
    "How did we do? It was all right Not good",
    "corrected since it was mailed · edited",
)


def store_quote(message: Message, mail: ParsedMail, quoted: str) -> None:
    """Store ``quoted``, the text that is folded below ``message``."""
    message.quoted = quoted or None
    message.has_folded_text = bool(quoted) and _has_new_words(message, mail.foreign)


def _has_new_words(message: Message, text: str) -> bool:
    ticket = message.ticket
    known = _known_signs(message)
    for line in text.split("\n")[:MAX_COMPARED_LINES]:
        line = quote_phrases.clean(line.lstrip("> "))
        if len(line.split()) < _MIN_WORDS or _is_of_a_program(line) or f"#{ticket.number}" in line:
            continue
        if _signs(line) not in known:
            return True
    return False


def _is_of_a_program(line: str) -> bool:
    """Return whether a mail program or our own template made the line: fields, "On ... wrote:", links to the portal."""
    return bool(
        quote_phrases.field(line)
        or quote_phrases.is_separator(line)
        or quote_phrases.is_device_line(line)
        or quote_phrases.has_full_date(line)
        or (quote_phrases.has_verb(line) and line.endswith(":"))
        or config.current().portal_host in line
        or line.startswith(_MARKER_BEGINNING)
    )


def _known_signs(message: Message) -> str:
    """Return the word characters of everything that is said on the ticket already, and in our mails about it."""
    ticket = message.ticket
    earlier = (
        select(Message.body)
        .where(Message.ticket_id == ticket.id, Message.kind == MessageKind.reply)
        .order_by(Message.seq.desc())
        .limit(MAX_COMPARED_MESSAGES)
    )
    texts = [markdown_rendering.markdown_to_text(body) for body in db.session.scalars(earlier)]
    answers = [f"{answer.field.label} {answer.text}" for answer in ticket.answers]
    names = [ticket.subject, settings.get("portal_name"), settings.get("team_name"), ticket.organization.name]
    return " ".join(_signs(text) for text in [*texts, *answers, *names, *_OWN_SENTENCES])


def _signs(text: str) -> str:
    return _SIGNS.sub("", text).lower()
