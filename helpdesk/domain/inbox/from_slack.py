"""What happens in Slack, and what it means for us. Network first (who is this?), then everything in one transaction."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels import slack
from helpdesk.channels.slack import blocks, people
from helpdesk.channels.values import Heard, Post
from helpdesk.domain import access, outbox, settings, tickets
from helpdesk.domain.errors import Refused
from helpdesk.domain.inbox.results import Result, ignored
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery, Inbound
from helpdesk.models.tickets import Message


@dataclass(frozen=True)
class Understood:
    """One Slack payload: what was heard, and who spoke as Slack knows them."""

    heard: tuple[Heard, ...]
    profiles: dict[str, people.Profile]


def lane(payload: dict) -> str | None:
    """Things of one Slack thread are taken in the order they came."""
    event = payload.get("event") or {}
    inner = event.get("message") or event.get("previous_message") or event
    channel = event.get("channel") or (event.get("item") or {}).get("channel")
    root = inner.get("thread_ts") or inner.get("ts")
    return f"slack:{channel}:{root}"[:120] if isinstance(channel, str) and isinstance(root, str) else None


def check_at_once(payload: dict) -> dict[str, str]:
    """Mistakes in a submitted modal, by field: Slack shows them only in the answer to the request itself."""
    return {}


def understand(payload: dict, raw: bytes | None) -> Understood:
    """What the payload says, and the profiles of those who speak. Raises ChannelError when Slack does not tell."""
    heard = tuple(slack.parse(payload))
    speakers = {each.author_id for each in heard if each.author_id and each.kind in {"message", "edit", "reaction", "action"}}
    return Understood(heard, {id: people.profile(id) for id in speakers if not _known_agent(id)})


def apply(inbound: Inbound, understood: Understood) -> Result:
    """Do what each thing means."""
    result = ignored("Nothing for us.")
    for heard in understood.heard:
        handler = HANDLERS.get(heard.kind)
        if handler:
            result = handler(heard, understood)
    return result


def refused(understood: Understood, refusal: Refused) -> list[Post]:
    """Tell the one who tried why nothing came of it."""
    return [_tell(heard, blocks.notice(refusal.sentence)) for heard in understood.heard if heard.author_id and heard.channel_id]


def _message(heard: Heard, understood: Understood) -> Result:
    thread = _thread(heard)
    if thread is None:
        return ignored("Not in a ticket's thread.")
    if _is_our_copy(thread, heard.external_id):
        return ignored("Our own message.")
    agent = _agent(heard, understood)
    if agent is None:
        return _from_customer(heard, thread, understood)
    visibility = heard.data.get("visibility") or ("internal" if thread.channel.internal_by_default else "public")
    place = {"origin": thread, "origin_external_id": heard.external_id}
    if visibility == "internal":
        message = tickets.note(thread.ticket, author=agent, body=heard.body, **place)
        _mark(thread, heard, "internal")
        return Result("done", "A note.", message.ticket_id)
    undo = timedelta(seconds=settings.get("undo_seconds"))
    message = tickets.reply(thread.ticket, author=agent, body=heard.body, release_at=clock.now() + undo, **place)
    _mark(thread, heard, "public")
    promise = blocks.promise(_who_sees(message), str(message.id), int(undo.total_seconds()))
    return Result("done", "A reply.", message.ticket_id, [_tell(heard, promise)] if undo else [])


def _from_customer(heard: Heard, thread: Thread, understood: Understood) -> Result:
    profile = understood.profiles.get(heard.author_id)
    place = {"origin": thread, "origin_external_id": heard.external_id}
    if thread.is_customers and profile and thread.channel.organization_id:
        user = db.session.scalar(select(User).where(User.email == (profile.email or "").lower(), User.deactivated_at.is_(None)))
        if user and not user.is_team and access.may_receive(user, thread.ticket):
            message = tickets.reply(thread.ticket, author=user, body=heard.body, **place)
            return Result("done", "A customer's reply.", message.ticket_id)
        if profile.is_stranger and thread.channel.is_shared:
            message = tickets.reply_from_outside(
                thread.ticket, name=profile.name, picture=profile.picture, body=heard.body, **place
            )
            return Result("done", "A customer's reply.", message.ticket_id)
    return Result("ignored", "Not from an agent.", None, [_tell(heard, blocks.refusal(settings.get("portal_name")))])


def _edit(heard: Heard, understood: Understood) -> Result:
    thread = _thread(heard)
    if thread is None:
        return ignored("Not in a ticket's thread.")
    message = _said(thread, heard.external_id)
    if message is None:
        return _message(heard, understood)
    tickets.edit(message, editor=None, body=heard.body)
    return Result("done", "An edit.", message.ticket_id)


def _delete(heard: Heard, understood: Understood) -> Result:
    thread = _thread(heard)
    message = _said(thread, heard.external_id) if thread else None
    if message is None:
        return ignored("Not a message of ours.")
    tickets.delete(message, editor=None)
    return Result("done", "A deletion.", message.ticket_id)


def _reaction(heard: Heard, understood: Understood) -> Result:
    thread = db.session.scalar(
        select(Thread).join(Channel).where(Channel.external_id == heard.channel_id, Thread.external_id == heard.external_id)
    )
    agent = _agent(heard, understood) if thread else None
    if agent is None or not heard.data.get("added"):
        return ignored("No reaction we act on.")
    if heard.data["name"] == "eyes":
        tickets.assign(thread.ticket, agent, actor=agent)
    elif heard.data["name"] == "white_check_mark":
        tickets.solve(thread.ticket, actor=agent)
    else:
        return ignored("No reaction we act on.")
    return Result("done", f"A reaction: {heard.data['name']}.", thread.ticket_id)


def _thread(heard: Heard) -> Thread | None:
    root = heard.thread_id or heard.external_id
    return db.session.scalar(
        select(Thread)
        .join(Channel)
        .where(Channel.kind == "slack", Channel.external_id == heard.channel_id, Thread.external_id == root)
    )


def _is_our_copy(thread: Thread, external_id: str) -> bool:
    return bool(
        db.session.scalar(select(Delivery.id).where(Delivery.thread_id == thread.id, Delivery.external_id == external_id))
    )


def _said(thread: Thread, external_id: str) -> Message | None:
    return db.session.scalar(
        select(Message).where(Message.origin_thread_id == thread.id, Message.origin_external_id == external_id)
    )


def _known_agent(slack_user_id: str) -> User | None:
    user = db.session.scalar(select(User).where(User.slack_user_id == slack_user_id))
    return user if user and user.is_team and user.is_active else None


def _agent(heard: Heard, understood: Understood) -> User | None:
    """The agent who acts: linked already, or a full member of our own workspace whose address is an agent's."""
    known = _known_agent(heard.author_id)
    if known:
        return known
    profile = understood.profiles.get(heard.author_id)
    if profile is None or not profile.email or not people.is_full_member(profile, heard.data.get("team_id")):
        return None
    user = db.session.scalar(select(User).where(User.email == profile.email.lower()))
    if user is None or not user.is_team or not user.is_active or user.slack_user_id:
        return None
    user.slack_user_id = heard.author_id
    user.picture_url = user.picture_url or profile.picture
    return user


def _mark(thread: Thread, heard: Heard, visibility: str) -> None:
    outbox.put(
        thread, "mark", lane="card", method="reactions.add", timestamp=heard.external_id, name=blocks.MARKS[visibility]
    )


def _who_sees(message: Message) -> str:
    ticket = message.ticket
    return blocks.visibility("public", f"{ticket.requester.display_name} and {ticket.organization.name}")


def _tell(heard: Heard, content: dict) -> Post:
    arguments = {"channel": heard.channel_id, "user": heard.author_id, **content}
    if heard.thread_id:
        arguments["thread_ts"] = heard.thread_id
    return Post(key="", method="chat.postEphemeral", arguments=arguments)


HANDLERS = {"message": _message, "edit": _edit, "delete": _delete, "reaction": _reaction}
