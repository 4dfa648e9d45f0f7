"""Reasons why a mail must not be applied, each as a sentence for the team, or None."""

from helpdesk.channels.email import senders, trusted_senders
from helpdesk.channels.email.handlers import thread_matching
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.domain.people import admission, permissions
from helpdesk.models.thread import Thread
from helpdesk.models.user import User
from helpdesk.translation import gettext


def automatic_reason(mail: ParsedMail) -> str | None:
    """Return the reason if no person wrote the mail."""
    if mail.own:
        return gettext("It is one of our own mails, which came back.")
    if mail.bounce:
        return gettext("It reports that a mail did not arrive, but not one of ours to that address.")
    reason = mail.automatic or (mail.listed if not _is_of_a_person(mail) else "")
    return gettext("No person wrote it: %(reason)s", reason=_lower_first(reason)) if reason else None


def _is_of_a_person(mail: ParsedMail) -> bool:
    """Return whether a mail with the fields of mailing lists is a person's all the same: every list that it came
    through is an address of ours, as a Google Group may be, or it is written to a reply address, as people answer from
    a group's page and from programs that add List-Unsubscribe.
    """
    came_by_our_list = bool(mail.list_addresses) and senders.all_addresses().issuperset(mail.list_addresses)
    return came_by_our_list or thread_matching.find_thread(mail) is not None


def sender_reason(mail: ParsedMail) -> str | None:
    """Return the reason if the mail cannot be read, or nothing proves who wrote it."""
    if mail.unparsed:
        return mail.unparsed
    if not mail.author_id:
        return gettext("It does not have exactly one readable sender.")
    if original := find_original_author(mail):
        return gettext(
            "The group %(group)s wrote its own address over the sender's. The mail says that %(author)s wrote it; "
            "nothing proves that.",
            group=mail.author_id,
            author=original,
        )
    if not is_proven(mail):
        return gettext("Its sender is not proven: %(reason)s", reason=_lower_first(mail.authentication.reason))
    return None


def find_original_author(mail: ParsedMail) -> str:
    """Return who is said to have written a mail that comes from an address of ours, as from a group that writes its own
    address into From; "" for any other mail. Nothing proves it.
    """
    return mail.original_author if mail.author_id and senders.find_ours([mail.author_id]) else ""


def is_proven(mail: ParsedMail) -> bool:
    """Return whether the sender's domain has proven that they sent it, or the team accepts them without.

    Mail that fails the check of its domain may be forged, and is accepted of nobody; so is mail that no check was made
    of.
    """
    result = mail.authentication
    return result.result == "pass" or (
        result.result == "none" and bool(result.by) and trusted_senders.is_trusted(mail.author_id)
    )


def thread_reason(mail: ParsedMail, thread: Thread | None) -> str | None:
    """Return the reason if the mail belongs to no conversation, or its sender may not write there."""
    if thread is None:
        return gettext("It was not written to the reply address of any conversation.")
    writer = find_writer(mail, thread)
    if writer is None:
        return gettext("It comes from somebody else than %(email)s, whom we wrote to.", email=thread.user.email)
    if writer.is_team:
        return gettext("The team does not act by mail.")
    if not admission.can_receive_mail(writer, thread.ticket):
        return gettext("Its sender may no longer see this ticket.")
    return None


def find_writer(mail: ParsedMail, thread: Thread) -> User | None:
    """Return whose reply the mail is: of the person we wrote to, from any of their addresses, or of a colleague to whom
    they forwarded it, who may reply on the ticket in the portal, too. None for anybody else.
    """
    if mail.author_id == thread.user.email:
        return thread.user
    colleague = trusted_senders.find_person(mail.author_id)
    if colleague is not None and colleague.id == thread.user_id:
        return colleague
    if colleague is None or not colleague.is_active or colleague.is_team or thread.user.is_team:
        return None
    is_colleague = colleague.organization_id == thread.organization_id
    return colleague if is_colleague and permissions.can_reply(colleague, thread.ticket) else None


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
