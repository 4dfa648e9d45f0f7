"""Store the text that a mail quoted, and note whether it says something that is nowhere else on the ticket."""

import re
from functools import lru_cache

from sqlalchemy import select

from helpdesk import config
from helpdesk.channels.email.parse import quote_phrases
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain import forms
from helpdesk.domain.administration import settings
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.ticket import Ticket
from helpdesk.translation import N_, gettext, use_language
from helpdesk.translation.languages import offered_codes

MAX_COMPARED_MESSAGES = 20
MAX_COMPARED_LINES = 400
_MIN_WORDS = 3  # of a line that counts as something said

_SIGNS = re.compile(r"[\W_]+")
_VALUES = re.compile(r"%\(\w+\)s|<[^>]*>")
# What our own mails say besides their messages (templates/mail).
_REASONS = (N_("You filed this ticket."), N_("You follow this ticket."))
_ANSWERS = (
    N_("Answer by replying to this mail, or in the portal."),
    N_("Answer in the portal: replies to this mail are not read."),
)
_OWN_SENTENCES = (
    N_("Earlier in ticket #%(number)s"),
    N_("Open the ticket"),
    N_("We have your ticket #%(number)s: %(subject)s"),
    N_("You get a mail when somebody answers."),
    N_("We have your ticket. You get a mail when somebody answers."),
    N_("If something is still missing, answer before then and it opens again. A later answer starts a new ticket."),
    N_("<strong><bdi>%(agent)s</bdi></strong> marked this ticket as solved. If it is not, answer and it opens again."),
    N_("corrected since it was mailed"),
)


def prepare(mail: ParsedMail) -> None:
    """Do what ``store_quote`` needs and what is slow, while no transaction is open: look at the quoted lines, and load
    the sentences of our own mails. The first time in a process that reads the catalogues of all languages, which takes
    a second.
    """
    if mail.foreign:
        _list_said_lines(mail.foreign)
        _own_sentences(offered_codes())


def store_quote(message: Message, mail: ParsedMail, quoted: str) -> None:
    """Store ``quoted``, the text that is folded below ``message``."""
    message.quoted = quoted or None
    message.has_folded_text = bool(quoted) and _has_new_words(message, mail.foreign)


def _has_new_words(message: Message, text: str) -> bool:
    number = f"#{message.ticket.number}"
    lines = [line for line in _list_said_lines(text) if number not in line]
    if not lines:
        return False
    known = _known_signs(message)
    return any(_signs(line) not in known for line in lines)


@lru_cache(maxsize=16)
def _list_said_lines(text: str) -> tuple[str, ...]:
    """Return the lines that say something, and that no program made, without their marks of quoting."""
    cleaned = (quote_phrases.clean(line.lstrip("> ")) for line in text.split("\n")[:MAX_COMPARED_LINES])
    return tuple(line for line in cleaned if len(line.split()) >= _MIN_WORDS and not _is_of_a_program(line))


def _is_of_a_program(line: str) -> bool:
    """Return whether a mail program or our own template made the line: fields, "On ... wrote:", links to the portal."""
    return bool(
        quote_phrases.field(line)
        or quote_phrases.is_separator(line)
        or quote_phrases.is_device_line(line)
        or quote_phrases.has_full_date(line)
        or (quote_phrases.has_verb(line) and line.endswith(":"))
        or config.current().portal_host in line
        or line.startswith(_marker_beginnings(offered_codes()))
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
    names = [ticket.subject, settings.get("portal_name"), settings.get("team_name"), ticket.organization.name]
    return " ".join(_signs(text) for text in [*texts, *names, *_own_sentences(offered_codes()), *_admin_texts(ticket)])


def _admin_texts(ticket: Ticket) -> list[str]:
    """Return the answers of the form and the automatic sentences of our mails, in each language they may be in."""
    found: list[str] = []
    for code in offered_codes():
        with use_language(code):
            found += [" ".join(forms.translate_answer(answer)) for answer in ticket.answers]
            for name in ("received_text", "solved_text", "closing_text"):
                sentence = translate_content(settings.get(name), Part.sentence)
                found.append(markdown_rendering.markdown_to_text(sentence))
    return found


def _signs(text: str) -> str:
    return _SIGNS.sub("", text).lower()


@lru_cache(maxsize=8)
def _own_sentences(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sentences of our own mails in these languages: a mail that is quoted may be in any of them."""
    found: list[str] = []
    for code in codes:
        with use_language(code):
            found += [_VALUES.sub(" ", gettext(sentence)) for sentence in _OWN_SENTENCES]
            lines = [(gettext(reason), gettext(answer)) for reason in _REASONS for answer in _ANSWERS]
            lines.append((gettext("Choose which mails you get"), gettext("Stop these mails")))
            lines.append((gettext("How did we do?"), gettext("Good"), gettext("Not good")))
            lines.append((gettext("corrected since it was mailed"), gettext("edited")))
            found += [" ".join(line) for line in lines]
    return tuple(found)


@lru_cache(maxsize=8)
def _marker_beginnings(codes: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for code in codes:
        with use_language(code):
            found.append(gettext("Write your answer above this line"))
    return tuple(found)
