"""What happens in Slack, and what it means for us. Network first (who is this?), then everything in one transaction."""

from helpdesk import extensions
from helpdesk.channels import errors, slack
from helpdesk.channels.slack import blocks, envelopes, people
from helpdesk.channels.values import Heard, Post
from helpdesk.domain.errors import Refused
from helpdesk.domain.inbox.from_slack import (
    actions,
    carrying,
    commands,
    creating,
    editing,
    home,
    life,
    places,
    speakers,
    speaking,
    telling,
)
from helpdesk.domain.inbox.from_slack.opening import open_at_once
from helpdesk.domain.inbox.from_slack.understood import Understood
from helpdesk.domain.inbox.results import Result, ignored
from helpdesk.models.sync import Inbound

__all__ = ["apply", "check_at_once", "lane", "open_at_once", "refused", "understand"]


def lane(payload: dict) -> str | None:
    """Things of one Slack thread are taken in the order they came."""
    place = places.root_of(payload)
    return places.lane(*place) if place else None


def check_at_once(payload: dict) -> dict[str, str]:
    """Mistakes in a submitted modal, by field: Slack shows them only in the answer to the request itself."""
    if payload.get("type") != "view_submission":
        return {}
    for heard in slack.parse(payload):
        form = FORMS.get(heard.data.get("callback_id"))
        if form is not None:
            with extensions.reading():
                return form.mistakes(heard)
    return {}


def understand(payload: dict, raw: bytes | None) -> Understood:
    """What the payload says, and all that Slack knows about it. Raises ChannelError when Slack does not tell."""
    if _is_nothing_new(payload):
        return Understood()
    heard = tuple(each for each in slack.parse(payload) if each.kind in HANDLERS)
    speaking_ids = {
        each.author_id for each in heard if each.author_id[:1] in {"U", "W"} and not each.data.get("is_bot")
    }
    ourselves = people.ourselves() if speaking_ids else None
    if (
        ourselves
        and envelopes.kind(payload) == "event"
        and not envelopes.belongs(payload, ourselves.app_id, ourselves.team_id)
    ):
        return Understood()  # signed for our app, but installed in somebody else's workspace
    changed = [life.look(each) for each in heard if each.kind == "channel"]
    known = Understood(
        heard,
        team_id=ourselves.team_id if ourselves else "",
        profiles={id: profile for id in speaking_ids if (profile := _profile(id)) is not None},
        places={id: channel for places_now in changed for id, channel in places_now.items()},
    )
    for each in heard:
        if each.kind in {"message", "edit"} and each.files and _may_speak(each, known):
            known.files.update(carrying.fetch(each.files, each))
        elif each.kind == "modal" and each.data["private"].get("files"):
            known.files.update(carrying.fetch(creating.remote_files(each.data["private"]), each))
        elif each.kind == "command":
            with extensions.reading():
                agent = speakers.find_agent(known.profiles.get(each.author_id), known.team_id)
                known.answers.append(commands.answer(each, agent))
    return known


def apply(inbound: Inbound, understood: Understood) -> Result:
    """Do what each thing means."""
    result = ignored("Nothing for us.")
    for heard in understood.heard:
        handler = HANDLERS.get(heard.kind)
        if handler:
            result = handler(heard, understood)
    result.answers += understood.answers
    return result


def refused(understood: Understood, refusal: Refused) -> list[Post]:
    """Tell the one who tried why nothing came of it."""
    carrying.drop(understood)
    answers = []
    for heard in understood.heard:
        if heard.kind == "modal":
            answers += telling.where(heard.data["private"], heard.author_id, blocks.notice(refusal.sentence))
        elif heard.author_id and heard.channel_id:
            answers.append(telling.say(heard, refusal.sentence))
    return answers


def _is_nothing_new(payload: dict) -> bool:
    """Whether it is a message or reaction that hangs below no ticket, as most of what a workspace says, or known already."""
    if envelopes.kind(payload) != "event":
        return False
    event = payload.get("event") if isinstance(payload.get("event"), dict) else {}
    if event.get("type") not in {"message", "reaction_added", "reaction_removed"}:
        return False
    place = places.root_of(payload)
    with extensions.reading():
        thread = places.thread(*place) if place else None
        if place and thread is None and places.may_be_a_card(*place):
            raise errors.Temporary("A card of ours may be what this hangs below; that is found out first.", None)
        is_new_message = event.get("type") == "message" and not event.get("hidden")
        return thread is None or (is_new_message and places.said(thread, str(event.get("ts"))) is not None)


def _profile(user_id: str) -> people.Profile | None:
    try:
        return people.profile(user_id)
    except errors.Permanent:
        return None


def _may_speak(heard: Heard, understood: Understood) -> bool:
    """Whether the files are worth fetching: their author is somebody whose words go somewhere, and they are not ours yet."""
    profile = understood.profiles.get(heard.author_id)
    with extensions.reading():
        thread = places.thread_of(heard)
        if thread is None or places.said(thread, heard.external_id) is not None:
            return False
        return bool(speakers.find_agent(profile, understood.team_id) or speakers.customer(profile, thread))


def _modal(heard: Heard, understood: Understood) -> Result:
    form = FORMS.get(heard.data.get("callback_id"))
    return form.apply(heard, understood) if form is not None else ignored("No form of ours.")


def _command(heard: Heard, understood: Understood) -> Result:
    return Result("done", f"/ticket {heard.data.get('verb')}.")


FORMS = {"edit_ticket": editing, "create_ticket": creating}
HANDLERS = {
    "message": speaking.message,
    "edit": speaking.edit,
    "delete": speaking.delete,
    "reaction": actions.reaction,
    "action": actions.action,
    "modal": _modal,
    "command": _command,
    "home": home.opened,
    "channel": life.happened,
}
