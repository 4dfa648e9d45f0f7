"""Where a message has to be, and who may read it; a ticket may have moved to another organization meanwhile.

What was written before a move belongs to both organizations: its copies stay where they were sent, and the new
organization reads the whole ticket. What was written after it belongs to the new one alone. An edit changes the copies
of its message and makes no new ones, so that a channel which never had the message does not get it by an edit.
"""

from bench.fault_injection import scenario
from bench.fault_injection.journal import NOTE, REPLY, TICKET_CREATED, Journal, SentMessage, TicketRecord


def list_expected_channels(message: SentMessage, ticket: TicketRecord, journal: Journal) -> list[str]:
    """The ids of the Slack channels that must have the message; not the first one's where its card was deleted."""
    channels = _list_channels(message, ticket)
    if message.kind == TICKET_CREATED:
        return [channel for channel in channels if (ticket.subject, channel) not in journal.deleted_cards]
    return channels


def _list_channels(message: SentMessage, ticket: TicketRecord) -> list[str]:
    if message.kind == NOTE or not is_after_move(message, ticket):
        return [scenario.TRIAGE_CHANNEL_ID]
    return [scenario.TRIAGE_CHANNEL_ID, get_channel(ticket.organization)]


def is_after_move(message: SentMessage, ticket: TicketRecord) -> bool:
    """Whether it is certain which organization's the ticket was when the message was written; True without a move."""
    return not ticket.moving_to or message.first_written_at > ticket.moved_at


def is_typed_in_former_channel(message: SentMessage, ticket: TicketRecord) -> bool:
    """Whether it was typed in the channel of the organization that the ticket left, perhaps too late."""
    return bool(ticket.moving_to) and message.via == "slack" and message.origin != scenario.TRIAGE_CHANNEL_ID


def must_be_mailed(message: SentMessage, ticket: TicketRecord) -> bool:
    """Whether the ticket's requester must get a mail with the message."""
    if not is_after_move(message, ticket) or message.via == "edit" or is_typed_in_former_channel(message, ticket):
        return False
    return message.kind == TICKET_CREATED or (message.kind == REPLY and message.author != ticket.requester)


class Readers:
    """Who may read each word of a finished run."""

    def __init__(self, journal: Journal):
        self.journal = journal
        self.written_at = {message.word: message.started_at for message in journal.list_accepted()}

    def may_read(self, company: str, word: str) -> bool:
        """Whether anything of the organization ``company`` may have the word: a channel or a mail."""
        ticket = self.journal.find_ticket(word)
        if ticket is None:
            return scenario.get_owner(word) == company
        return company in ticket.list_readers(self.written_at.get(word, 0.0))


def get_channel(organization: str) -> str:
    """The Slack channel of an organization."""
    return next(company.channel for company in scenario.COMPANIES if company.key == organization)
