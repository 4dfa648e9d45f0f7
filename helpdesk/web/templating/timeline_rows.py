"""The messages and events of a conversation as HTML. Each is rendered once for everything that it shows.

A ticket is opened and asked for again by several people, and of its messages few are new. As with the rows of lists,
what a template gets is the key of what is kept, so that nothing has to be cleared when something changes: a template
has no other way to what it shows.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from flask import Flask, current_app
from markupsafe import Markup

from helpdesk.domain.integrations import custom_emoji
from helpdesk.domain.tickets.delivery_status import DeliveryStatus
from helpdesk.domain.tickets.shown_reactions import ShownReaction
from helpdesk.domain.tickets.timeline_entries import TimelineEvent, TimelineMessage
from helpdesk.translation.catalogues import Catalogue
from helpdesk.translation.current import current_catalogue
from helpdesk.web import timeline_numbers
from helpdesk.web.middleware import authentication, csrf
from helpdesk.web.templating import filters

MAX_ROWS = 1_000  # kept of messages and of events: some 5 MB, at most 30
MAX_LENGTH = 8_000  # of what a message says, if it is kept
NO_EMOJI: frozenset[str] = frozenset()


class ShownFile(NamedTuple):
    """An attachment."""

    key: str
    name: str
    size: int
    state: str
    reason: str | None
    is_image: bool


class ShownDelivery(NamedTuple):
    """A delivery: where to, and what became of it."""

    id: int
    state: str
    reason: str | None
    bounced: str | None
    content: str
    place: str
    is_mail: bool


class ShownMessage(NamedTuple):
    """A message as one reader sees it: ``for_team``, ``is_mine``, its times as they are written now."""

    id: int
    ticket_number: int
    seq: int
    shown_state: str
    revision: int
    is_note: bool
    from_team: bool
    is_mine: bool
    for_team: bool
    author_name: str
    author_picture: str | None
    html: str
    quoted: str | None
    created: Markup
    is_edited: bool
    deleted: Markup
    files: tuple[ShownFile, ...]
    reactions: tuple[ShownReaction, ...]
    deliveries: tuple[ShownDelivery, ...]
    problems: tuple[ShownDelivery, ...]
    readers: tuple[str, ...]


class ShownEvent(NamedTuple):
    """An event. ``linked_number``: of the ticket that its sentence names, where it is a link."""

    id: int
    seq: int
    shown_state: str
    kind: str
    sentence: str
    linked_number: int | None
    team_only: bool
    created: Markup


class TimelinePage:
    """What the entries of one page have in common. ``seen``: by message id, the customers who read so far."""

    def __init__(self, ticket_number: int, seen: Mapping[int, list[str]]) -> None:
        self.ticket_number, self.seen = ticket_number, seen
        self.reader, self.times = authentication.get_current_user(), filters.PageTimes()
        self.catalogue = current_catalogue.get()


def register(app: Flask) -> None:
    """Let templates render the entries of a timeline."""
    app.add_template_filter(render_entries)
    app.add_template_filter(TimelinePage, "timeline_page")


def render_entries(entries: Iterable[TimelineMessage | TimelineEvent], page: TimelinePage) -> Markup:
    """Render entries, one after another, for the reader of ``page``."""
    return Markup("".join([render_entry(entry, page) for entry in entries]))


def render_entry(entry: TimelineMessage | TimelineEvent, page: TimelinePage) -> Markup:
    """Render an entry for the reader of ``page``."""
    if isinstance(entry, TimelineEvent):
        return _render_event(_show_event(entry, page), page.catalogue)
    message = _show_message(entry, page)
    emoji = custom_emoji.names_with_picture() if message.html.count(":") > 1 else NO_EMOJI
    is_kept = len(message.html) + len(message.quoted or "") <= MAX_LENGTH
    render = _render_message if is_kept else _render_message.__wrapped__
    html = render(message, emoji, page.catalogue)
    return Markup(csrf.fill_in_token(html))


@lru_cache(maxsize=MAX_ROWS)
def _render_message(message: ShownMessage, _emoji: frozenset[str], _catalogue: Catalogue) -> str:
    with csrf.token_to_fill_in():
        return current_app.jinja_env.get_template("tickets/_message.html").render(message=message)


@lru_cache(maxsize=MAX_ROWS)
def _render_event(event: ShownEvent, _catalogue: Catalogue) -> Markup:
    return Markup(current_app.jinja_env.get_template("tickets/_event.html").render(event=event))


def _show_message(message: TimelineMessage, page: TimelinePage) -> ShownMessage:
    for_team, times = page.reader.is_team, page.times
    return ShownMessage(
        id=message.id,
        ticket_number=page.ticket_number,
        seq=timeline_numbers.hide_number(page.ticket_number, message.seq, page.reader),
        shown_state=message.shown_state,
        revision=message.revision,
        is_note=message.is_note,
        from_team=message.from_team,
        is_mine=message.author_id == page.reader.id,
        for_team=for_team,
        author_name=message.author_display_name,
        author_picture=message.author_picture_url,
        html=str(message.html),
        quoted=message.quoted,
        created=times.ago(message.created_at),
        is_edited=message.edited_at is not None,
        deleted=times.ago(message.deleted_at),
        files=tuple(
            ShownFile(each.key, each.name, each.size, each.state, each.reason, each.is_image)
            for each in message.attachments
        ),
        reactions=tuple(message.reactions),
        deliveries=tuple(map(_show_delivery, message.active_deliveries)) if for_team else (),
        problems=tuple(map(_show_delivery, message.problem_deliveries)) if for_team else (),
        readers=tuple(page.seen.get(message.id, ())),
    )


def _show_delivery(delivery: DeliveryStatus) -> ShownDelivery:
    return ShownDelivery(
        id=delivery.id,
        state=delivery.state,
        reason=delivery.reason,
        bounced=delivery.bounced,
        content=str(delivery.content),
        place=delivery.place.label,
        is_mail=bool(delivery.place.user_id),
    )


def _show_event(event: TimelineEvent, page: TimelinePage) -> ShownEvent:
    number = event.data.get("number")
    is_linked = isinstance(number, int) and page.reader.is_team
    return ShownEvent(
        id=event.id,
        seq=timeline_numbers.hide_number(page.ticket_number, event.seq, page.reader),
        shown_state=event.shown_state,
        kind=event.kind,
        sentence=str(event.sentence),
        linked_number=number if is_linked else None,
        team_only=event.team_only,
        created=page.times.ago(event.created_at),
    )
