"""The modal *Edit* of a card: status, assignee, priority, tags, answers. Only what the agent changed is changed."""

import zlib

from sqlalchemy import select

from helpdesk import urls
from helpdesk.channels.slack.handlers import authors, ephemeral_replies, modal_fields
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse.event_types import ModalEvent, SlackEvent, SuggestionEvent
from helpdesk.channels.slack.render import blocks
from helpdesk.database.row_ids import parse_id
from helpdesk.domain import forms, labels, tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.inbox.results import Result, ignored_result
from helpdesk.domain.people import permissions, users
from helpdesk.domain.tickets import tag_list, tag_names, tags
from helpdesk.extensions import db
from helpdesk.models.form import Answer, Field
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

CLOSED_MESSAGE = lazy_gettext("A closed ticket stays closed. File a follow-up instead.")


def render_modal(ticket: Ticket, agent: User, event: SlackEvent) -> dict:
    """Return the modal with the ticket's current values, which it sends back so that changes can be recognised."""
    asked = [
        (field, value, modal_fields.modal_field(field, value, agent, ticket.organization_id))
        for field, value in _editable_answers(ticket)
    ]
    fitting, left_out = blocks.fit_fields(tuple(made for _, _, made in asked if made), blocks.MAX_MODAL_BLOCKS - 6)
    shown = [(field, value) for field, value, made in asked if made in fitting]
    assignee = str(ticket.assignee_id) if ticket.assignee_id else ""
    all_tags = tag_list.list_ids()
    shown_tags = [str(tag_id) for tag_id, name in all_tags.items() if name in ticket.tags]
    private = {
        "channel": event.channel_id,
        "thread": event.thread_id or event.external_id,
        "status": str(ticket.status),
        "assignee": assignee,
        "priority": str(ticket.priority),
        "tags": shown_tags,
        "answers": [_fingerprint(field, value) for field, value in shown],
    }
    values = blocks.EditValues(
        number=ticket.number,
        reference=str(ticket.number),
        status=ticket.status,
        statuses=tuple((str(status), word) for status, word in labels.TEAM_STATUS_LABELS.items()),
        assignee=assignee or None,
        assignees=tuple((str(user.id), user.display_name) for user in users.list_team()),
        priority=ticket.priority,
        priorities=tuple(labels.PRIORITY_LABELS.items()),
        tags=tuple(shown_tags),
        all_tags=tuple((str(tag_id), name) for tag_id, name in all_tags.items()),
        fields=fitting,
        web_fields=tuple(each.label for each in left_out),
        url=urls.ticket_url(ticket.number),
        private=private,
    )
    return blocks.edit_modal(values)


def answer_submission(event: ModalEvent, agent: User | None) -> dict:
    """Return the answer to a submitted modal that is not accepted: a sentence by block for every mistake; {} without
    any.
    """
    return blocks.modal_errors(_find_mistakes(event))


def _find_mistakes(event: ModalEvent) -> dict[str, str]:
    values, ticket = event.values, _find_ticket(event)
    if ticket is None:
        return {"status": gettext("This ticket is gone.")}
    wrong = {}
    status, assignee = values.get("status"), values.get("assignee")
    if status is not None and status not in list(Status):
        wrong["status"] = gettext("There is no such status.")
    elif status is not None and ticket.is_closed and status != Status.closed:
        wrong["status"] = CLOSED_MESSAGE
    if assignee and _find_assignee(assignee) is None:
        wrong["assignee"] = gettext("A ticket is assigned to somebody of the team.")
    if values.get("priority") is not None and values["priority"] not in list(Priority):
        wrong["priority"] = gettext("There is no such priority.")
    try:
        tag_names.split_names(str(values.get("new_tags") or ""))
    except ValidationError as error:
        wrong["new_tags"] = error.message
    choices = _choices(ticket)
    for field in _shown_fields(ticket, values):
        name = forms.field_name(field)
        given = modal_fields.original_values(values[name], choices.get(name, ()))
        try:
            forms.field_type_for(field).parse(field, modal_fields.value_to_texts(field, given))
        except forms.InvalidAnswer as error:
            wrong[name] = str(error)
    return wrong


def apply_submission(event: ModalEvent, context: EventContext) -> Result:
    """Apply the submitted modal, all of it or nothing."""
    agent = authors.resolve_agent(event, context)
    if agent is None:
        content = blocks.notice(ephemeral_replies.AGENTS_ONLY_MESSAGE)
        return Result(
            "ignored",
            "Not an agent.",
            None,
            ephemeral_replies.reply_to_modal(event.private, event.author_id, content),
        )
    ticket = _find_ticket(event)
    if ticket is None or not permissions.can_manage(agent, ticket):
        return ignored_result("A ticket that is gone.")
    values, before = event.values, event.private
    prints = before.get("answers") if isinstance(before.get("answers"), list) else []
    choices = _choices(ticket)
    for place, field in enumerate(_shown_fields(ticket, values)):
        name = forms.field_name(field)
        texts = modal_fields.value_to_texts(field, modal_fields.original_values(values[name], choices.get(name, ())))
        if place >= len(prints) or _fingerprint(field, texts) != prints[place]:
            tickets.change_answer(ticket, field, texts, agent)
    _change_tags(ticket, values, before, agent)
    if _changed_value(values, before, "priority"):
        tickets.set_priority(ticket, values["priority"], actor=agent)
    if values.get("assignee") is not None and _changed_value(values, before, "assignee"):
        tickets.assign(ticket, _find_assignee(values["assignee"]), actor=agent)
    if _changed_value(values, before, "status"):
        tickets.set_status(ticket, values["status"], actor=agent)
    return Result("done", "An edited ticket.", ticket.id)


def suggest(event: SuggestionEvent, agent: User) -> dict:
    """Return the options for what ``agent`` types into a select of the modal."""
    ticket = _find_ticket(event)
    if event.block_id == "assignee":
        people = tuple((str(user.id), user.display_name) for user in users.list_team())
        return blocks.suggestions((blocks.NOBODY, *people), event.typed)
    if event.block_id == "tags":
        return blocks.suggestions(
            tuple((str(tag_id), name) for tag_id, name in tag_list.list_ids().items()), event.typed
        )
    choices = _choices(ticket).get(event.block_id, ()) if ticket is not None else ()
    return blocks.suggestions(choices, event.typed)


def _choices(ticket: Ticket) -> dict[str, blocks.Choices]:
    """Return the choices of the ticket's fields by block, as the requester would have them."""
    fields = _askable_fields(ticket)
    return modal_fields.load_choices(fields, ticket.requester, ticket.organization_id)


def _shown_fields(ticket: Ticket, values: dict) -> list[Field]:
    """Return the fields that a submitted modal showed, also one whose condition ended meanwhile, as it shows them."""
    return [field for field in _askable_fields(ticket) if forms.field_name(field) in values]


def _askable_fields(ticket: Ticket) -> list[Field]:
    version = ticket.form_version
    fields = forms.visible_fields(version, for_team=True) if version else []
    return [field for field in fields if modal_fields.is_askable(field)]


def _change_tags(ticket: Ticket, values: dict, before: dict, agent: User) -> None:
    """Add and remove what the agent changed of the tags that the modal showed; the ticket's others stay."""
    chosen, shown = (given if isinstance(given, list) else [] for given in (values.get("tags"), before.get("tags")))
    by_id = {str(tag_id): name for tag_id, name in tag_list.list_ids().items()}
    added = [by_id[each] for each in chosen if each in by_id and each not in shown]
    removed = [by_id[each] for each in shown if each in by_id and each not in chosen]
    added += tag_names.split_names(str(values.get("new_tags") or ""))
    if added or removed:
        tags.change_tags(ticket, add=added, remove=removed, actor=agent)


def _changed_value(values: dict, before: dict, name: str) -> bool:
    return values.get(name) is not None and values[name] != before.get(name)


def _find_ticket(event: ModalEvent | SuggestionEvent) -> Ticket | None:
    return db.session.get(Ticket, parse_id(str(event.private.get("reference") or "")) or 0)


def _find_assignee(text: object) -> User | None:
    user = users.get_user(parse_id(text) or 0) if isinstance(text, str) else None
    return user if user is not None and user.is_team and user.is_active else None


def _editable_answers(ticket: Ticket) -> list[tuple[Field, object]]:
    """Return the fields that apply to the ticket and can be changed, each with its answer."""
    version = ticket.form_version
    if version is None:
        return []
    query = select(Answer.field_id, Answer.value).where(Answer.ticket_id == ticket.id)
    by_id = dict(db.session.execute(query).all())
    by_key = {field.key: by_id.get(field.id) for field in version.fields}
    every = {field.key: field for field in version.fields}
    return [
        (field, by_key[field.key]) for field in _askable_fields(ticket) if forms.field_applies(field, every, by_key)
    ]


def _fingerprint(field: Field, value: object) -> int:
    return zlib.crc32("\x00".join(text.strip() for text in modal_fields.value_to_texts(field, value)).encode())
