"""What the whole page of a ticket shows besides the ticket's own row, in one statement for each kind of reader."""

from typing import NamedTuple

from helpdesk.database.combined_query import CombinedQuery
from helpdesk.domain import tickets
from helpdesk.domain.tickets import canned_replies, delivery_status, read_receipts, timeline
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.web.tickets import folding, sidebar

# By whether the team reads. The threads are only the customer's: for the team they come with the deliveries of the
# messages that are shown.
QUERIES = {
    False: (
        timeline.PUBLIC_MESSAGES_QUERY,
        timeline.PUBLIC_EVENTS_QUERY,
        sidebar.CUSTOMERS_QUERY,
        sidebar.ANSWERS_QUERY,
        delivery_status.THREADS_QUERY,
    ),
    True: (
        timeline.ALL_MESSAGES_QUERY,
        timeline.ALL_EVENTS_QUERY,
        sidebar.TEAM_AND_CUSTOMERS_QUERY,
        sidebar.ANSWERS_QUERY,
        read_receipts.RECEIPTS_QUERY,
        sidebar.OTHER_TICKETS_QUERY,
        canned_replies.TITLES_QUERY,
    ),
}
COMBINED_QUERIES = {for_team: CombinedQuery(*queries) for for_team, queries in QUERIES.items()}
# What is shown after a message was written.
NEW_ENTRIES_QUERIES = {
    False: CombinedQuery(timeline.PUBLIC_MESSAGES_QUERY, timeline.PUBLIC_EVENTS_QUERY, delivery_status.THREADS_QUERY),
    True: CombinedQuery(timeline.ALL_MESSAGES_QUERY, timeline.ALL_EVENTS_QUERY, canned_replies.TITLES_QUERY),
}


class PageRows(NamedTuple):
    """The rows of each query; None of what was not asked for, and is asked for where it is needed."""

    timeline: tuple[tickets.Rows, tickets.Rows] | None = None
    people: tickets.Rows | None = None
    answers: tickets.Rows | None = None
    receipts: tickets.Rows | None = None
    other_tickets: tickets.Rows | None = None
    canned_replies: tickets.Rows | None = None


NOTHING = PageRows()


def load_rows(ticket: Ticket, reader: User) -> PageRows:
    """Load what the page of ``ticket`` shows ``reader``, who sees it."""
    values = {**folding.query_parameters(ticket), "organization_id": ticket.organization_id, "user_id": reader.id}
    messages, events, *others = COMBINED_QUERIES[reader.is_team].fetch(values)
    if reader.is_team:
        return PageRows((messages, events), *others)
    people, answers, threads = others
    delivery_status.keep_threads(ticket, threads)
    return PageRows((messages, events), people, answers)


def load_new_entries(ticket: Ticket, reader: User, from_seq: int, most: int) -> PageRows:
    """Load the ``most`` latest entries of the timeline with numbers from ``from_seq``, and what the composer shows."""
    values = {**timeline.query_parameters(ticket, from_seq, most=most), "user_id": reader.id}
    messages, events, others = NEW_ENTRIES_QUERIES[reader.is_team].fetch(values)
    if reader.is_team:
        return PageRows((messages, events), canned_replies=others)
    delivery_status.keep_threads(ticket, others)
    return PageRows((messages, events))
