"""Accept a mail in quarantine with one press: as what it says it is, with its sender remembered."""

from dataclasses import dataclass

from helpdesk.channels.email import quarantine, trusted_senders
from helpdesk.channels.email.handlers import create_ticket, sender_checks, thread_matching
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain import email_address
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import admission, users
from helpdesk.extensions import db
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext

NOTHING, ADDRESS, ALIAS, DOMAIN = "nothing", "address", "alias", "domain"


@dataclass(frozen=True)
class Acceptance:
    """What accepting a mail does: a reply of ``person`` on ``ticket``, or a new ticket of ``requester``.

    ``choices`` are what can be remembered (value, sentence); the first is the most useful.
    """

    sentence: str
    choices: tuple[tuple[str, str], ...]
    ticket: Ticket | None = None
    person: User | None = None
    requester: str = ""


def propose(inbound: InboundEvent, mail: ParsedMail) -> Acceptance | None:
    """Return what the mail can be accepted as; None for automatic mail, for one that cannot be read, for one of the
    team, and where it is neither a reply nor somebody's whom an organization admits.
    """
    if mail.unparsed or not mail.author_id or sender_checks.automatic_reason(mail):
        return None
    address = sender_checks.find_original_author(mail) or mail.author_id
    author = trusted_senders.find_person(address)
    if author is not None and author.is_team:
        return None
    thread = thread_matching.find_thread(mail)
    ticket = thread.ticket if thread is not None else None
    if ticket is None and inbound.ticket_id:
        ticket = db.session.get(Ticket, inbound.ticket_id)
    if ticket is not None:
        people = (author, thread.user if thread is not None and author is None else None)
        person = next((one for one in people if one and not one.is_team and _may_reply(one, ticket)), None)
        if person is None:
            return None
        sentence = gettext(
            "It becomes a reply of %(person)s on #%(number)s, which everybody there reads.",
            person=person.display_name,
            number=ticket.number,
        )
        return Acceptance(sentence, _list_choices(inbound, mail, author, person), ticket, person)
    requester = author.email if author is not None else address
    if not admission.admitting_organizations(requester):
        return None
    sentence = gettext(
        "It becomes a new ticket of %(author)s.", author=author.display_name if author is not None else requester
    )
    return Acceptance(sentence, _list_choices(inbound, mail, author, author), requester=requester)


def accept(inbound: InboundEvent, *, mail: ParsedMail, actor: User, remember: str = NOTHING) -> Ticket:
    """Accept ``mail``, which ``quarantine.prepare`` gave, and remember its sender, as one of the choices of
    ``propose``. Returns the ticket it is on.

    Raises ValidationError, PermissionDenied, or ConflictError where somebody was quicker.
    """
    proposed = propose(inbound, mail)
    if proposed is None:
        raise ValidationError(
            gettext("This mail cannot be accepted as it is. Choose below what becomes of it."), "remember"
        )
    if remember not in dict(proposed.choices):
        raise ValidationError(gettext("Choose what to remember."), "remember")
    if proposed.ticket is not None:
        message = quarantine.attach_to_ticket(
            inbound, proposed.ticket, mail=mail, actor=actor, as_reply=True, author=proposed.person
        )
        ticket = message.ticket
    else:
        ticket = quarantine.create_ticket_from_mail(
            inbound,
            mail=mail,
            requester_email=proposed.requester,
            subject=create_ticket.make_subject(mail),
            actor=actor,
        )
    if remember == ADDRESS:
        trusted_senders.remember_address(mail.author_id, actor=actor)
    elif remember == ALIAS:
        trusted_senders.remember_alias(mail.author_id, proposed.person or ticket.requester, actor=actor)
    elif remember == DOMAIN:
        trusted_senders.remember_domain(email_address.domain_of(mail.author_id), actor=actor)
    return ticket


def _may_reply(person: User, ticket: Ticket) -> bool:
    return admission.can_receive_mail(person, ticket)


def _list_choices(
    inbound: InboundEvent, mail: ParsedMail, author: User | None, person: User | None
) -> tuple[tuple[str, str], ...]:
    """List what can be remembered. Of a mail that failed the check of its sender, nothing: it may be forged; and of one
    from a group, by whose address anybody may write.
    """
    found = [(NOTHING, gettext("Nothing: the next mail waits again"))]
    if sender_checks.find_original_author(mail):
        return tuple(found)
    proof = inbound.payload.get("proven")
    domain = email_address.domain_of(mail.author_id)
    if proof == "none" and not email_address.is_public_domain(domain):
        found.insert(
            0,
            (
                DOMAIN,
                gettext(
                    "Accept mail from every address @%(domain)s, although nothing proves who sends it", domain=domain
                ),
            ),
        )
    if proof == "none":
        found.insert(
            0,
            (
                ADDRESS,
                gettext(
                    "Accept mail from %(author_id)s, although nothing proves who sends it", author_id=mail.author_id
                ),
            ),
        )
    is_alias = person is not None and author is None and users.find_user(mail.author_id) is None
    if is_alias and proof in ("pass", "none"):
        found.insert(
            0,
            (
                ALIAS,
                gettext(
                    "%(author_id)s is another address of %(person)s",
                    author_id=mail.author_id,
                    person=person.display_name,
                ),
            ),
        )
    return tuple(found)
