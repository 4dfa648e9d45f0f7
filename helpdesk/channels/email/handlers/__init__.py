"""Apply incoming mail: a participant's reply, a new ticket, a bounce, or a mail for the team's quarantine.

A mail is applied only if everything about it is proven. Any other mail is stored in quarantine; none is deleted, and
nobody whom nothing proves is answered.
"""

from dataclasses import dataclass

from helpdesk.channels import email
from helpdesk.channels.email import mail_loop
from helpdesk.channels.email import settings as mail_settings
from helpdesk.channels.email.handlers import (
    bounce,
    cc_followers,
    create_ticket,
    folded_text,
    loop_guard,
    mail_reaction,
    message_content,
    quarantine_notice,
    reply,
    sender_checks,
    storage_limits,
    thread_matching,
    waiting_answer,
)
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.database import transactions
from helpdesk.domain.authentication import signed_links
from helpdesk.domain.errors import ChangedMeanwhile, DomainError
from helpdesk.domain.inbox import contents
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.outbox import errors
from helpdesk.domain.tickets import stored_files
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.translation import gettext

MAX_DNS_ATTEMPTS = 8  # times, over half an hour, that a sender's DNS is asked before a mail goes to quarantine


@dataclass(frozen=True)
class ReceivedMail:
    """One parsed mail. ``targets`` name what it will probably become, for which its files are stored already."""

    parsed: ParsedMail
    targets: tuple[str, ...] = ()


def fetch_context(raw: bytes) -> ReceivedMail:
    """Parse the mail and store its files, with no transaction open; the DNS may be asked who sent it."""
    parsed = email.parse_mail(raw, mail_settings.incoming_mail_settings(signed_links.list_installation_ids()))[0]
    folded_text.prepare(parsed)
    targets = _predict_targets(parsed)
    for target in targets:
        message_content.write_files(parsed, target)
    return ReceivedMail(parsed, targets)


def apply(inbound: InboundEvent, mail: ReceivedMail) -> Result:
    """Apply the mail, or put it into quarantine with the reason. Raises TemporaryError to be called again later."""
    used: set[str] = set()
    result = _apply(inbound, mail, used)
    for target in mail.targets:
        if target not in used:
            stored_files.delete_later(message_content.list_keys(mail.parsed, target))
    if result.state == "quarantined" and (excess := storage_limits.excess_reason(inbound, mail.parsed)):
        contents.delete_raw(inbound)
        return Result("ignored", excess, result.ticket_id)
    if result.state == "quarantined":
        quarantine_notice.notify_team(inbound, result)
        waiting_answer.answer_sender(inbound, mail.parsed)
    return result


def _predict_targets(parsed: ParsedMail) -> tuple[str, ...]:
    """Return what the mail will become if nothing changes until it is applied; nothing where it brings no files."""
    if not message_content.make_content(parsed).files:
        return ()
    with transactions.read_only():
        if sender_checks.automatic_reason(parsed) or sender_checks.sender_reason(parsed):
            return ()
        threads = thread_matching.find_threads(parsed)
        if not threads:
            return (create_ticket.TARGET,) if create_ticket.is_new_ticket(parsed) else ()
        if sender_checks.thread_reason(parsed, threads[0]):
            return ()
        others = [each for each in threads[1:] if sender_checks.thread_reason(parsed, each) is None]
        return tuple(reply.target_of(thread) for thread in (threads[0], *others))


def _ensure_stored(mail: ReceivedMail, target: str) -> None:
    """Raise ChangedMeanwhile if the files of the mail were not stored for ``target``."""
    if target not in mail.targets and message_content.list_keys(mail.parsed, target):
        raise ChangedMeanwhile(gettext("Somebody else changed this meanwhile. Reload the page and try again."))


def _apply(inbound: InboundEvent, mail: ReceivedMail, used: set[str]) -> Result:
    """``used``: to which the targets are added for which the mail became something."""
    parsed = mail.parsed
    inbound.payload = _summarize(parsed)
    doubt = sender_checks.automatic_reason(parsed)
    if doubt:
        inbound.payload = inbound.payload | {"kind": "automatic"}
        if parsed.own and mail_loop.record_arrival(parsed):
            return Result("ignored", "The test mail came back.")
        return bounce.handle_bounce(parsed) or _quarantine_result(doubt, thread_matching.suggest_ticket_id(parsed))
    thread = thread_matching.find_thread(parsed)
    is_filing = thread is None and create_ticket.is_new_ticket(parsed)
    doubt = sender_checks.sender_reason(parsed)
    if (
        doubt
        and parsed.authentication.result == "temperror"
        and inbound.attempts < MAX_DNS_ATTEMPTS
        and (thread or is_filing)
    ):
        raise errors.TemporaryError(doubt)
    doubt = doubt or (None if is_filing else sender_checks.thread_reason(parsed, thread))
    if doubt:
        return _quarantine_result(doubt, thread.ticket_id if thread else thread_matching.suggest_ticket_id(parsed))
    ticket_id = thread.ticket_id if thread else None
    stopped = loop_guard.exceeds_limit(inbound, parsed, thread.ticket if thread else None)
    if stopped:
        return _quarantine_result(stopped, ticket_id)
    inbound.payload = inbound.payload | {"counted": True, "filed": is_filing}
    if is_filing and mail_reaction.is_reaction(parsed):
        return Result("ignored", "A reaction to a mail that is not ours.")
    try:
        if thread is not None and mail_reaction.is_reaction(parsed):
            writer = sender_checks.find_writer(parsed, thread)
            reacted = mail_reaction.add_reaction(parsed, thread, writer)
            if reacted is not None:
                return Result("done", "A reaction to a message.", reacted.ticket_id)
        if thread is None:
            _ensure_stored(mail, create_ticket.TARGET)
            message = create_ticket.create_ticket(parsed)
            used.add(create_ticket.TARGET)
        else:
            message = _post_replies(mail, thread, used)
    except ChangedMeanwhile:
        raise  # it is applied again
    except DomainError as refusal:
        return _quarantine_result(refusal.message, ticket_id)
    return Result("done", "A new ticket." if is_filing else "A reply on the ticket.", message.ticket_id)


def _post_replies(mail: ReceivedMail, first: Thread, used: set[str]) -> Message:
    """Add the reply to the ticket of ``first``, and to every other one whose reply address the mail names, where its
    author may write, too. Returns the first message.
    """
    parsed = mail.parsed
    writer = sender_checks.find_writer(parsed, first)
    _ensure_stored(mail, reply.target_of(first))
    message = reply.post_reply(parsed, first, writer)
    used.add(reply.target_of(first))
    cc_followers.add_followers(parsed, message.ticket, writer)
    for thread in thread_matching.find_threads(parsed):
        if thread.ticket_id != first.ticket_id and sender_checks.thread_reason(parsed, thread) is None:
            _ensure_stored(mail, reply.target_of(thread))
            reply.post_reply(parsed, thread, sender_checks.find_writer(parsed, thread))
            used.add(reply.target_of(thread))
    return message


def _quarantine_result(reason: str, ticket_id: int | None) -> Result:
    return Result("quarantined", reason, ticket_id)


def _summarize(parsed: ParsedMail) -> dict:
    """Return what lists of mails show and the loop guard compares, so that no raw mail need be read for it."""
    return {
        "kind": "person",
        "from": parsed.author_id,
        "name": parsed.author_name,
        "to": parsed.channel_id,
        "subject": parsed.subject,
        "proof": parsed.authentication.reason,
        "proven": parsed.authentication.result if parsed.authentication.by else "",
        "files": len(parsed.files),
        "body_hash": parsed.body_hash if parsed.body and not parsed.reaction else "",
    }
