"""The reactions below the messages of a timeline, as their reader may see them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.extensions import db
from helpdesk.models.reaction import Reaction
from helpdesk.models.user import User, format_display_name

ON_PAGE = 0  # as the thread of a reaction


@dataclass(frozen=True)
class ShownReaction:
    """One emoji below a message with the names of those who put it there. ``is_mine``: the reader did, on the page."""

    emoji: str
    names: tuple[str, ...]
    is_mine: bool


def load_reactions(ids: Collection[int], reader: User) -> dict[int, list[ShownReaction]]:
    """Return what is shown below the messages with these ids, which ``reader`` may read."""
    query = (
        select(Reaction.message_id, Reaction.emoji, Reaction.user_id, Reaction.outside_id, Reaction.name)
        .add_columns(Reaction.thread_id, User.name.label("user_name"), User.email)
        .outerjoin(User, User.id == Reaction.user_id)
        .where(Reaction.message_id.in_(ids))
        .order_by(Reaction.id)
    )
    if not reader.is_team:
        query = query.where(Reaction.team_only.is_(False))
    names: dict[tuple[int, str], dict[object, str]] = defaultdict(dict)
    mine = set()
    for row in db.session.execute(query):
        place = (row.message_id, row.emoji)
        name = format_display_name(row.user_name, row.email) if row.user_id else row.name
        names[place].setdefault(row.user_id or row.outside_id, name)
        if row.user_id == reader.id and row.thread_id == ON_PAGE:
            mine.add(place)
    found: dict[int, list[ShownReaction]] = defaultdict(list)
    for place, people in names.items():
        found[place[0]].append(ShownReaction(place[1], tuple(people.values()), place in mine))
    return found
