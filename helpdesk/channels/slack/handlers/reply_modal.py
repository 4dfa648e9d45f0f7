"""The modal *Reply*: an answer or a note written in Slack, from a macro if wanted, with what that sets."""

from datetime import timedelta

from helpdesk import clock
from helpdesk.channels.slack import visibility
from helpdesk.channels.slack.handlers import authors, ephemeral_replies
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse.event_types import ActionEvent, ModalEvent, SlackEvent, SuggestionEvent
from helpdesk.channels.slack.render import blocks
from helpdesk.database.row_ids import parse_id
from helpdesk.domain import labels, tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.inbox.results import Result, ignored_result
from helpdesk.domain.people import permissions, users
from helpdesk.domain.tickets import canned_replies, macros
from helpdesk.extensions import db
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Menu, Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


def render_modal(ticket: Ticket, agent: User, event: SlackEvent) -> dict:
    """Return the modal to answer ``ticket``."""
    private = {"channel": event.channel_id, "thread": event.thread_id or event.external_id, "url": event.response_url}
    return blocks.reply_modal(_values(ticket, agent, private | {"reference": str(ticket.number)}, "", macros.Changes()))


def render_with_canned_reply(event: ActionEvent, agent: User) -> dict | None:
    """Return the modal with the text of the canned reply that was chosen in it; None if the ticket is gone."""
    ticket = _find_ticket(event.private)
    chosen = str(event.value or "")
    reply = canned_replies.find_reply(agent, parse_id(chosen) or 0)
    if ticket is None:
        return None
    text = canned_replies.fill_variables(reply, ticket, agent) if reply else str(event.values.get("body") or "")
    changes = macros.changes_of(reply) if reply else _typed_changes(event)
    private = event.private | {"is_wordless": bool(reply and not reply.body), "tags": changes.tags}
    return blocks.reply_modal(_values(ticket, agent, private, text, changes, chosen))


def suggest(event: SuggestionEvent, agent: User) -> dict:
    """Return the canned replies that fit what ``agent`` types."""
    titles = tuple((str(id), title) for id, title in canned_replies.list_titles(agent))
    return blocks.suggestions(titles, event.typed)


def answer_submission(event: ModalEvent, agent: User | None) -> dict:
    """Return the answer to a submitted modal that is not accepted: a sentence by block for every mistake; {} without
    any.
    """
    return blocks.modal_errors(_find_mistakes(event))


def _find_mistakes(event: ModalEvent) -> dict[str, str]:
    ticket, body = _find_ticket(event.private), _typed_body(event)
    if ticket is None:
        return {"body": gettext("This ticket is gone.")}
    if not body.strip() and not event.private.get("is_wordless"):
        return {"body": gettext("Write a message first.")}
    if ticket.is_closed and event.values.get("kind") != "note":
        return {"body": gettext("This ticket is closed, so it takes notes only. File a follow-up instead.")}
    changes = _typed_changes(event)
    if changes.status and changes.status not in list(Status):
        return {"status": gettext("There is no such status.")}
    if changes.priority and changes.priority not in list(Priority):
        return {"priority": gettext("There is no such priority.")}
    if changes.assignee not in ("", "none") and not macros.describe_changes(macros.Changes(assignee=changes.assignee)):
        return {"assignee": gettext("A ticket is assigned to somebody of the team.")}
    return {}


def apply_submission(event: ModalEvent, context: EventContext) -> Result:
    """Add the reply or the note, then set what was chosen."""
    agent, ticket = authors.resolve_agent(event, context), _find_ticket(event.private)
    if agent is None:
        content = blocks.notice(ephemeral_replies.AGENTS_ONLY_MESSAGE)
        answers = ephemeral_replies.reply_to_modal(event.private, event.author_id, content)
        return Result("ignored", "Not an agent.", None, answers)
    if ticket is None or not permissions.can_manage(agent, ticket):
        return ignored_result("A ticket that is gone.")
    body, token = _typed_body(event), f"slack {event.external_id}"[:64]
    changes = _typed_changes(event)
    if not body.strip() and event.private.get("is_wordless"):
        macros.apply_changes(ticket, changes, actor=agent)
        content = blocks.notice(gettext("#%(number)s is changed.", number=ticket.number))
        answers = ephemeral_replies.reply_to_modal(event.private, event.author_id, content)
        return Result("done", "A macro without words.", ticket.id, answers)
    if event.values.get("kind") == "note":
        message = tickets.add_note(ticket, author=agent, body=body, form_token=token)
        content = blocks.notice(gettext("Note on #%(number)s. Only the team sees it.", number=ticket.number))
    else:
        undo = timedelta(seconds=settings.get("undo_seconds"))
        message = tickets.reply(ticket, author=agent, body=body, form_token=token, release_at=clock.now() + undo)
        content = visibility.pending_notice(message, None, undo)
    macros.apply_changes(ticket, changes, actor=agent)
    answers = ephemeral_replies.reply_to_modal(event.private, event.author_id, content)
    return Result("done", "An answer from a form.", message.ticket_id, answers)


def _values(
    ticket: Ticket, agent: User, private: dict, body: str, changes: macros.Changes, canned: str = ""
) -> blocks.ReplyModalValues:
    return blocks.ReplyModalValues(
        number=ticket.number,
        requester=ticket.requester.display_name,
        canned_replies=tuple((str(id), title) for id, title in canned_replies.list_titles(agent)),
        canned_reply=canned,
        body=body,
        is_body_needed=not private.get("is_wordless"),
        status=changes.status,
        statuses=tuple(labels.status_choices(Menu.ticket, changes.status or None)),
        assignee=str(agent.id) if changes.assignee == "me" else changes.assignee,
        assignees=(("none", gettext("Nobody")), *((str(user.id), user.display_name) for user in users.list_team())),
        priority=changes.priority,
        priorities=tuple(labels.priority_choices()),
        private=private,
    )


def _typed_changes(event: ActionEvent | ModalEvent) -> macros.Changes:
    typed = {name: str(event.values.get(name) or "") for name in ("status", "assignee", "priority")}
    return macros.Changes(**typed, tags=str(event.private.get("tags") or ""))


def _typed_body(event: ModalEvent) -> str:
    return blocks.body_from_values(event.values, event.private.get("glue"))


def _find_ticket(private: dict) -> Ticket | None:
    return db.session.get(Ticket, parse_id(str(private.get("reference") or "")) or 0)
