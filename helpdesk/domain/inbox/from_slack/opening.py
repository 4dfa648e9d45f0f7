"""Forms must be open within three seconds of a click, so the door itself opens them; nothing here is written down."""

import logging

from helpdesk import config, extensions
from helpdesk.channels import slack
from helpdesk.channels.errors import ChannelError, Permanent
from helpdesk.channels.slack import blocks, envelopes, people
from helpdesk.channels.slack import client as clients
from helpdesk.channels.values import Heard, Post
from helpdesk.domain import access
from helpdesk.domain.inbox.from_slack import actions, creating, editing, places, speakers, telling
from helpdesk.extensions import db
from helpdesk.models.people import User

PATIENCE = 2.5  # seconds for each call; Slack takes the form for three
VIEWS = {"edit", "new_ticket", "choose_form"}

log = logging.getLogger(__name__)


def open_at_once(payload: dict) -> bool:
    """Open the form that ``payload`` asks for. False where it asks for none, and is to be taken in like everything else."""
    if envelopes.kind(payload) not in {"action", "command"}:
        return False
    wanted = [heard for heard in slack.parse(payload) if _opens(heard)]
    for heard in wanted:
        client = clients.Client(
            config.current().SLACK_BOT_TOKEN, config.current().SLACK_API_URL or clients.SLACK, PATIENCE
        )
        try:
            slack.send(_answer(heard, client), client)
        except ChannelError as error:
            log.warning("A form could not be opened in Slack: %s", error.reason)
            _apologise(heard, client, error)
    return bool(wanted)


def _opens(heard: Heard) -> bool:
    match heard.kind:
        case "action":
            return heard.data.get("action_id") in VIEWS
        case "command":
            return heard.data.get("verb") == "create"
        case "shortcut":
            return True
    return False


def _answer(heard: Heard, client: clients.Client) -> Post:
    profile = people.profile(heard.author_id, client)
    team_id = people.ourselves(client).team_id
    author = _message_author(heard, client)
    with extensions.reading():
        agent = speakers.find_agent(profile, team_id)
        if agent is None:
            return _refusal(heard)
        if heard.kind == "action" and heard.data["action_id"] == "edit":
            ticket = actions.ticket_of(heard)
            if ticket is None:
                return telling.say(heard, "This ticket is gone.")
            return _open(heard, editing.view(ticket, agent, heard))
        if heard.kind == "action" and heard.data["action_id"] == "choose_form":
            view = creating.view(_typed(heard), agent)
            return Post(
                "", "views.update", {"view_id": heard.data["view_id"], "hash": heard.data["hash"] or None, "view": view}
            )
        return _open(heard, creating.view(_draft(heard, author, team_id), agent))


def _open(heard: Heard, view: dict) -> Post:
    return Post("", "views.open", {"trigger_id": heard.data["trigger_id"], "view": view})


def _refusal(heard: Heard) -> Post:
    url = heard.data.get("response_url")
    if url:
        return Post(
            "",
            "response",
            {"url": url, "response_type": "ephemeral", "replace_original": False, **blocks.notice(telling.AGENTS_ONLY)},
        )
    return telling.say(heard, telling.AGENTS_ONLY)


def _apologise(heard: Heard, client: clients.Client, error: ChannelError) -> None:
    if not heard.data.get("response_url"):
        return
    content = blocks.notice(f"The form could not be opened. {error.reason}")
    arguments = {"url": heard.data["response_url"], "response_type": "ephemeral", "replace_original": False}
    try:
        slack.send(Post("", "response", arguments | content), client)
    except ChannelError as again:
        log.info("Nor could that be said: %s", again.reason)


def _message_author(heard: Heard, client: clients.Client) -> people.Profile | None:
    author = heard.data.get("message_author") if heard.kind == "shortcut" else ""
    if not author or heard.data.get("message_bot"):
        return None
    try:
        return people.profile(author, client)
    except Permanent:
        return None


def _draft(heard: Heard, author: people.Profile | None, team_id: str) -> creating.Draft:
    """What a command, a shortcut or the home page's button already tells about the new ticket."""
    channel = places.channel(heard.channel_id) if heard.channel_id else None
    organization_id = channel.organization_id if channel is not None else None
    email = author.email if author is not None and speakers.find_agent(author, team_id) is None else ""
    user = db.session.query(User).filter_by(email=email.lower()).first() if email else None
    if user is not None and user.is_team:
        email = ""
    admitting = access.organizations_for(email.lower()) if email else []
    if organization_id is None and admitting:
        organization_id = admitting[0].id
    if organization_id not in {each.id for each in admitting}:
        email = ""
    origin = {"channel": heard.channel_id, "url": heard.data.get("response_url") or ""}
    if heard.kind == "shortcut" and heard.external_id:
        origin |= {
            "thread": heard.thread_id or heard.external_id,
            "files": [each.external_id for each in heard.files[:10]],
        }
        words = " ".join(heard.body.split())
        return creating.Draft(organization_id, "", email, words[:80], heard.body, origin)
    return creating.Draft(organization_id, subject=heard.data.get("rest") or "", origin=origin)


def _typed(heard: Heard) -> creating.Draft:
    """What stands in a form of which another form was chosen."""
    values, origin = heard.data["values"], heard.data["private"]
    number = str(values.get("organization") or "")
    return creating.Draft(
        organization_id=int(number) if number.isdecimal() and len(number) < 19 else None,
        form=str(values.get("form") or ""),
        requester=str(values.get("requester") or ""),
        subject=str(values.get("subject") or ""),
        body=str(values.get("body") or ""),
        origin=origin,
    )
