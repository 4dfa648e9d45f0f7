"""Excerpts of search results: the subject and the text where a search matches, as safe HTML with the matches marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import bindparam, select, tuple_

from helpdesk.database import transactions
from helpdesk.domain.ticket_lists import search_candidates
from helpdesk.domain.ticket_lists.search_highlighting import Highlighter
from helpdesk.domain.ticket_lists.search_request import Search
from helpdesk.domain.ticket_lists.search_syntax import Term
from helpdesk.models.attachment import Attachment
from helpdesk.models.form import Answer, Field
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

Text = tuple[str, bool]  # and whether only the team reads it

_ticket, _message, _answer, _field, _file = (model.__table__ for model in (Ticket, Message, Answer, Field, Attachment))
SUBJECTS_QUERY = select(*_ticket.c["id", "subject", "excerpt"]).where(
    _ticket.c.id.in_(bindparam("ticket_ids", expanding=True))
)
MESSAGES_QUERY = (
    select(
        *_message.c["ticket_id", "kind", "body"],
        _file.c.name,
    )
    .select_from(_message.outerjoin(_file, _file.c.message_id == _message.c.id))
    .where(tuple_(*_message.c["ticket_id", "seq"]).in_(bindparam("places", expanding=True)))
    .order_by(_message.c.id, _file.c.id)
)
ANSWERS_QUERY = (
    select(*_answer.c["ticket_id", "text"], _field.c.team_only)
    .select_from(_answer.join(_field))
    .where(_answer.c.ticket_id.in_(bindparam("ticket_ids", expanding=True)))
    .order_by(_answer.c.id)
)


@dataclass(frozen=True)
class SearchExcerpt:
    """A search hit to show: the subject and an excerpt of the text, as safe HTML with the matches in <mark>."""

    subject: Markup
    text: Markup
    in_note: bool = False


def load_excerpts(
    user: User, terms: Sequence[Term], ticket_ids: list[int], shown: Mapping[int, tuple[str, str]] | None = None
) -> dict[int, SearchExcerpt]:
    """Return an excerpt by ticket id. Two queries, one more if an answer to a form matches, and one without ``shown``,
    the subject and excerpt of each ticket.
    """
    highlighter = Highlighter(tuple(terms))
    places = search_candidates.find_places(Search(user, tuple(terms)), ticket_ids)
    if shown is None:
        rows = transactions.execute_core(SUBJECTS_QUERY, {"ticket_ids": ticket_ids})
        shown = {row.id: (row.subject, row.excerpt) for row in rows}
    texts = {ticket_id: (excerpt, False) for ticket_id, (_, excerpt) in shown.items()}
    texts |= _load_answers(user, [ticket_id for ticket_id, seq in places if seq == 0], highlighter)
    texts |= _load_messages([(ticket_id, seq) for ticket_id, seq in places if seq])
    return {
        ticket_id: SearchExcerpt(
            highlighter.mark(subject), highlighter.mark_excerpt(texts[ticket_id][0]), texts[ticket_id][1]
        )
        for ticket_id, (subject, _) in shown.items()
    }


def _load_answers(user: User, ticket_ids: list[int], highlighter: Highlighter) -> dict[int, Text]:
    """Return the first answer of each ticket that matches, or the first of all."""
    found: dict[int, Text] = {}
    for row in transactions.execute_core(ANSWERS_QUERY, {"ticket_ids": ticket_ids}) if ticket_ids else ():
        if (user.is_team or not row.team_only) and row.ticket_id not in found and highlighter.find(row.text):
            found[row.ticket_id] = row.text, bool(row.team_only)
    return found


def _load_messages(places: list[tuple[int, int]]) -> dict[int, Text]:
    """Return the text of each message, with the names of its files below it."""
    found: dict[int, Text] = {}
    for row in transactions.execute_core(MESSAGES_QUERY, {"places": places}) if places else ():
        text = found[row.ticket_id][0] if row.ticket_id in found else row.body
        found[row.ticket_id] = (f"{text}\n{row.name}" if row.name else text), row.kind != MessageKind.reply
    return found
