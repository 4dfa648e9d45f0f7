"""What people say in a ticket's thread, change, and take back."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import after_commit, clock
from helpdesk.channels.slack import blocks
from helpdesk.channels.values import Heard
from helpdesk.domain import outbox, settings, tickets
from helpdesk.domain.errors import Conflict
from helpdesk.domain.inbox.from_slack import carrying, places, speakers, telling
from helpdesk.domain.inbox.from_slack.understood import Understood
from helpdesk.domain.inbox.results import Result, ignored
from helpdesk.domain.tickets.timeline import living  # the package has a function of the module's name
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Message

STAYS_NOTE = "A note stays a note. To answer the customer, write a new message."
TOO_LATE = (
    "Your change was not sent: this message went out as a reply, and its email has left, so it cannot become a note. "
    "Write a new message that begins with note: instead."
)
GONE = "This thread no longer belongs to its ticket, so what you wrote was not sent to anybody."
MAILED = "This is gone from the portal and from Slack. Its email had left already and stays in mailboxes."


def message(heard: Heard, understood: Understood) -> Result:
    """Somebody wrote in a thread: an agent's reply or note, a customer's reply, or nothing that goes anywhere."""
    thread = places.thread_of(heard)
    if thread is None:
        return ignored("Not in a ticket's thread.")
    if heard.data.get("is_bot"):
        return ignored("A program's message.")
    if places.our_copy(thread, heard.external_id) or places.said(thread, heard.external_id):
        return ignored("Known already.")
    if places.was_deleted(heard):
        return ignored("It was deleted before it came.")
    agent = speakers.agent(heard, understood)
    if not places.is_connected(thread):
        return Result("ignored", "The thread has ended.", None, [telling.say(heard, GONE)])
    if agent is not None:
        return _from_agent(heard, thread, agent, understood)
    return _from_customer(heard, thread, understood)


def edit(heard: Heard, understood: Understood) -> Result:
    """Somebody changed what they wrote. Whoever may read it stays as it was; only a mark for the team may still take it back."""
    thread = places.thread_of(heard)
    if thread is None:
        return ignored("Not in a ticket's thread.")
    said = places.said(thread, heard.external_id)
    if said is None:
        return message(heard, understood)  # the edit overtook its original
    stamp = str(heard.data.get("edited_ts") or "")
    if said.deleted_at or not _is_later(stamp, said.origin_edited):
        return ignored("An older edit than the one we have.")
    said.origin_edited = stamp
    mark, answers = heard.data.get("visibility"), []
    if mark == "public" and said.is_note:
        answers = [telling.say(heard, STAYS_NOTE)]
    elif mark == "internal" and not said.is_note and said.from_team:
        try:
            tickets.make_note(said, editor=said.author)
        except Conflict:
            return Result("done", "An edit that came too late.", said.ticket_id, [telling.say(heard, TOO_LATE)])
        remark(said)
        answers = [telling.say(heard, now_a_note(said))]
    tickets.edit(said, editor=None, body=_body(heard, said.from_team))
    return Result("done", "An edit.", said.ticket_id, answers)


def delete(heard: Heard, understood: Understood) -> Result:
    """Somebody took back what they wrote, before or after we heard it."""
    thread = places.thread_of(heard)
    if thread is None:
        return ignored("Not in a ticket's thread.")
    said = places.said(thread, heard.external_id)
    if said is None:
        return ignored(places.deleted_early(heard.external_id))
    tickets.delete(said, editor=None)
    answers = [telling.say(heard, MAILED)] if said.from_team and _was_mailed(said) and heard.author_id else []
    return Result("done", "A deletion.", said.ticket_id, answers)


def remark(said: Message) -> None:
    """Show on what an agent typed that it is a note now."""
    thread = db.session.get(Thread, said.origin_thread_id) if said.origin_thread_id else None
    if thread is not None:
        _mark(thread, said.origin_external_id, "public", "reactions.remove")
        _mark(thread, said.origin_external_id, "internal")


def now_a_note(said: Message) -> str:
    """What became of a reply that was taken back in time, and who has read it nevertheless."""
    thread = db.session.get(Thread, said.origin_thread_id) if said.origin_thread_id else None
    if thread is not None and thread.is_customers:
        return f"This is a note now, but everybody in {thread.channel.label} has already read it. No email was sent."
    return "This is a note now. Only the team sees it, and no email was sent."


def _from_agent(heard: Heard, thread: Thread, agent: User, understood: Understood) -> Result:
    visibility = heard.data.get("visibility") or ("internal" if thread.channel.internal_by_default else "public")
    said = {
        "author": agent,
        "body": heard.body,
        "origin": thread,
        "origin_external_id": heard.external_id,
        "attachments": carrying.attachments(heard.files, understood, agent),
    }
    if visibility == "internal":
        note = tickets.note(thread.ticket, **said)
        note.origin_edited = heard.data.get("edited_ts") or None
        _mark(thread, heard.external_id, "internal")
        warning = (
            f"Kept as a note: it goes to no other place. Everybody in {thread.channel.label} has already seen it, "
            "customers too. Write notes in the team's channel or in the portal."
        )
        return Result("done", "A note.", note.ticket_id, [telling.say(heard, warning)] if thread.is_customers else [])
    undo = timedelta(seconds=settings.get("undo_seconds"))
    reply = tickets.reply(thread.ticket, release_at=clock.now() + undo, **said)
    reply.origin_edited = heard.data.get("edited_ts") or None
    _mark(thread, heard.external_id, "public")
    sentence = blocks.visibility("public", _readers(reply, thread))
    content = blocks.promise(sentence, str(reply.id), int(undo.total_seconds())) if undo else blocks.notice(sentence)
    return Result("done", "A reply.", reply.ticket_id, [telling.tell(heard, content)])


def _from_customer(heard: Heard, thread: Thread, understood: Understood) -> Result:
    profile = understood.profiles.get(heard.author_id)
    speaker = speakers.customer(profile, thread)
    if speaker is None:
        return Result(
            "ignored", "Not from an agent.", None, [telling.tell(heard, blocks.refusal(settings.get("portal_name")))]
        )
    user = speaker if isinstance(speaker, User) else None
    attachments = carrying.attachments(heard.files, understood, user, thread.organization_id)
    body, place = _body(heard, False), {"origin": thread, "origin_external_id": heard.external_id}
    if user is None:
        said = tickets.reply_from_outside(
            thread.ticket,
            name=profile.name[:200],
            picture=profile.picture[:500] or None,
            body=body,
            attachments=attachments,
            **place,
        )
    elif living(thread.ticket).is_closed:
        token = f"slack {heard.channel_id} {heard.external_id}"[:64]
        new = tickets.follow_up(thread.ticket, requester=user, body=body, form_token=token, attachments=attachments)
        sentence = f"This ticket is closed, so what you wrote became the new ticket #{new.number}."
        return Result("done", "A follow-up.", new.id, [telling.say(heard, sentence)])
    else:
        said = tickets.reply(thread.ticket, author=user, body=body, attachments=attachments, **place)
    said.origin_edited = heard.data.get("edited_ts") or None
    return Result("done", "A customer's reply.", said.ticket_id)


def _body(heard: Heard, from_team: bool) -> str:
    """Only the team's marks are ours to cut off; a customer who writes "note:" means the word."""
    return heard.body if from_team else heard.data.get("whole", heard.body)


def _is_later(stamp: str, known: str | None) -> bool:
    try:
        return not known or float(stamp or 0) > float(known)
    except ValueError:
        return False


def _was_mailed(said: Message) -> bool:
    mailed = (
        select(Delivery.id)
        .join(Thread, Thread.id == Delivery.thread_id)
        .join(Channel, Channel.id == Thread.channel_id)
        .where(Delivery.message_id == said.id, Delivery.state == State.sent, Channel.kind == "email")
    )
    return db.session.scalar(mailed.limit(1)) is not None


def _mark(thread: Thread, ts: str, visibility: str, method: str = "reactions.add") -> None:
    put = outbox.put(thread, "mark", lane="card", method=method, timestamp=ts, name=blocks.MARKS[visibility])
    after_commit.call_later("deliver", put.id)


def _readers(reply: Message, origin: Thread) -> str:
    """Who will read a reply typed in Slack: "Dana Fields, everybody at Globex and #globex"."""
    ticket = reply.ticket
    names = [ticket.requester.display_name, f"everybody at {ticket.organization.name} who sees its tickets"]
    others = (
        select(Channel)
        .join(Thread, Thread.channel_id == Channel.id)
        .where(
            Thread.ticket_id == ticket.id,
            Thread.ended_at.is_(None),
            Channel.kind == "slack",
            Channel.audience == "customer",
        )
    )
    names += [channel.label for channel in db.session.scalars(others) if channel.id != origin.channel_id]
    return f"{', '.join(names[:-1])} and {names[-1]}"
