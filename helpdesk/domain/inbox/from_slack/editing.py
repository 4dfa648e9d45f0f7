"""The form *Edit* on a card: status, assignee, priority and the answers. Only what the agent changed is changed."""

import zlib

from sqlalchemy import select

from helpdesk.channels.slack import blocks
from helpdesk.channels.values import Heard
from helpdesk.domain import forms, people, permissions, tickets, words
from helpdesk.domain.forms import answers as reading
from helpdesk.domain.forms import kinds
from helpdesk.domain.inbox.from_slack import fields, speakers, telling
from helpdesk.domain.inbox.from_slack.understood import Understood
from helpdesk.domain.inbox.results import Result, ignored
from helpdesk.extensions import db
from helpdesk.models.forms import Answer, Field
from helpdesk.models.people import User
from helpdesk.models.tickets import Priority, Status, Ticket

CLOSED = "A closed ticket stays closed. File a follow-up instead."


def view(ticket: Ticket, agent: User, heard: Heard) -> dict:
    """The modal, filled with how the ticket stands now, which it brings back to tell what was changed."""
    held = {field.key: value for field, value in _asked(ticket)}
    shown = [fields.shown(field, held[field.key], agent, ticket.organization_id) for field, _ in _asked(ticket)]
    assignee = str(ticket.assignee_id) if ticket.assignee_id else ""
    private = {
        "channel": heard.channel_id,
        "thread": heard.thread_id or heard.external_id,
        "status": str(ticket.status),
        "assignee": assignee,
        "priority": str(ticket.priority),
        "answers": [_print(held[each.key]) for each in shown if each],
    }
    values = blocks.EditValues(
        number=ticket.number,
        reference=str(ticket.number),
        status=ticket.status,
        statuses=tuple((str(status), word) for status, word in words.TEAM.items()),
        assignee=assignee or None,
        assignees=tuple((str(user.id), user.display_name) for user in people.team()),
        priority=ticket.priority,
        priorities=tuple(words.PRIORITY.items()),
        fields=tuple(each for each in shown if each),
        private=private,
    )
    return blocks.edit_modal(values)


def mistakes(heard: Heard) -> dict[str, str]:
    """A sentence by block for everything in the sent form that will not do."""
    values, ticket = heard.data["values"], _ticket(heard)
    if ticket is None:
        return {"status": "This ticket is gone."}
    wrong = {}
    status, assignee = values.get("status"), values.get("assignee")
    if status is not None and status not in list(Status):
        wrong["status"] = "There is no such status."
    elif status is not None and ticket.is_closed and status != Status.closed:
        wrong["status"] = CLOSED
    if assignee and _assignee(assignee) is None:
        wrong["assignee"] = "A ticket is assigned to somebody of the team."
    if values.get("priority") is not None and values["priority"] not in list(Priority):
        wrong["priority"] = "There is no such priority."
    for field, _ in _asked(ticket):
        name = f"field-{field.key}"
        if name in values:
            try:
                kinds.read(field, fields.texts(values[name]))
            except kinds.Wrong as error:
                wrong[name] = str(error)
    return wrong


def apply(heard: Heard, understood: Understood) -> Result:
    """Do what the sent form says, all of it or nothing."""
    agent = speakers.agent(heard, understood)
    if agent is None:
        content = blocks.notice(telling.AGENTS_ONLY)
        return Result("ignored", "Not an agent.", None, telling.where(heard.data["private"], heard.author_id, content))
    ticket = _ticket(heard)
    if ticket is None or not permissions.can_work(agent, ticket):
        return ignored("A ticket that is gone.")
    values, before = heard.data["values"], heard.data["private"]
    prints = before.get("answers") if isinstance(before.get("answers"), list) else []
    asked = [(field, value) for field, value in _asked(ticket) if f"field-{field.key}" in values]
    for place, (field, _) in enumerate(asked):
        texts = fields.texts(values[f"field-{field.key}"])
        if place >= len(prints) or _print(texts) != prints[place]:
            forms.change_answer(ticket, field, texts, agent)
    if _changed(values, before, "priority"):
        tickets.set_priority(ticket, values["priority"], actor=agent)
    if values.get("assignee") is not None and _changed(values, before, "assignee"):
        tickets.assign(ticket, _assignee(values["assignee"]), actor=agent)
    if _changed(values, before, "status"):
        tickets.set_status(ticket, values["status"], actor=agent)
    return Result("done", "An edited ticket.", ticket.id)


def _changed(values: dict, before: dict, name: str) -> bool:
    return values.get(name) is not None and values[name] != before.get(name)


def _ticket(heard: Heard) -> Ticket | None:
    reference = str(heard.data["private"].get("reference") or "")
    return db.session.get(Ticket, int(reference)) if reference.isdecimal() and len(reference) < 19 else None


def _assignee(text: object) -> User | None:
    user = people.get(int(text)) if isinstance(text, str) and text.isdecimal() and len(text) < 19 else None
    return user if user is not None and user.is_team and user.is_active else None


def _asked(ticket: Ticket) -> list[tuple[Field, object]]:
    """The fields that apply to the ticket and can be changed, each with its answer."""
    version = ticket.form_version
    if version is None:
        return []
    kept = select(Answer.field_id, Answer.value).where(Answer.ticket_id == ticket.id)
    by_id = dict(db.session.execute(kept).all())
    by_key = {field.key: by_id.get(field.id) for field in version.fields}
    every = {field.key: field for field in version.fields}
    return [
        (field, by_key[field.key])
        for field in forms.asked_of(version, for_team=True)
        if field.kind != "file" and reading.applies(field, every, by_key)
    ]


def _print(value: object) -> int:
    return zlib.crc32("\x00".join(text.strip() for text in fields.texts(value)).encode())
