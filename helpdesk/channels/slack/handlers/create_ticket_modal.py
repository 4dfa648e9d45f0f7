"""Create a ticket in Slack: its modal, the validation of what was filled in, and the new ticket."""

from dataclasses import dataclass, field

from sqlalchemy import select

from helpdesk import urls
from helpdesk.channels.slack import origin_threads
from helpdesk.channels.slack.api.requests import SlackRequest, response_url_request
from helpdesk.channels.slack.handlers import authors, ephemeral_replies, incoming_files, modal_fields, thread_lookup
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse.event_types import ModalEvent, SuggestionEvent
from helpdesk.channels.slack.render import blocks
from helpdesk.database.row_ids import parse_id
from helpdesk.domain import email_address, forms, tickets
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.inbox.channel_event import RemoteFile
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.people import admission, users
from helpdesk.domain.people.name_conditions import ORGANIZATIONS_BY_NAME, is_named
from helpdesk.domain.people.organization_choices import list_choices
from helpdesk.domain.people.organizations import IS_PRESENT
from helpdesk.extensions import db
from helpdesk.models.form import Form, FormVersion
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH, Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

MAX_SUGGESTIONS = 101  # one more than a select of Slack holds, so that it becomes one that asks as one types


@dataclass(frozen=True)
class TicketDraft:
    """Initial values of the modal; ``origin`` comes back with it: channel, thread and when it was chosen, url (to
    answer to), files, form.
    """

    organization_id: int | None = None
    form: str = ""
    requester: str = ""
    subject: str = ""
    body: str = ""
    origin: dict = field(default_factory=dict)


def render_modal(draft: TicketDraft, agent: User) -> dict:
    """Return the modal for a new ticket."""
    organizations = _offered_organizations(draft.organization_id)
    offered = forms.published(draft.organization_id or 0)
    chosen = forms.find_form(offered, draft.form) or (offered[0] if offered else None)
    asked = [
        modal_fields.modal_field(each, forms.field_type_for(each).default_texts(each), agent, draft.organization_id)
        for each in (forms.visible_fields(chosen, for_team=True) if chosen else ())
    ]
    remaining = blocks.MAX_VIEW_BYTES - 4 * len(draft.body) - blocks.BYTES_BESIDE_FORM
    shown, left_out = blocks.fit_fields(tuple(each for each in asked if each), blocks.MAX_FORM_FIELDS, remaining)
    slug = chosen.form.slug if chosen else ""
    own = _own_words(chosen.form) if chosen else {}
    return blocks.create_modal(
        blocks.CreateValues(
            organizations=organizations,
            forms=_list_forms(offered),
            organization=str(draft.organization_id) if draft.organization_id else None,
            form=slug or None,
            requester=draft.requester,
            subject=draft.subject[:MAX_SUBJECT_LENGTH],
            body=draft.body,
            title=own.get("name", "") if len(offered) > 1 else "",
            description=own.get("description", ""),
            subject_label=own.get("subject_label", ""),
            body_label=own.get("body_label", ""),
            body_help=own.get("body_help", ""),
            fields=shown,
            web_fields=tuple(each.label for each in left_out),
            url=urls.absolute_url("/desk"),
            origin=draft.origin | {"form": slug},
        )
    )


def answer_submission(event: ModalEvent, agent: User | None) -> dict:
    """Return the answer to a submitted modal that is not accepted: the modal, as it was filled in, with the questions
    that its form has come to require since it was opened, or a sentence by block for every mistake; {} without any.
    """
    given, wrong = _parse_submission(event, agent)
    if given.get("unasked") and (view := blocks.extend_modal(event.view, given["unasked"])):
        return blocks.modal_update(view)
    return blocks.modal_errors(wrong)


def apply_submission(event: ModalEvent, context: EventContext) -> Result:
    """Create the ticket, and answer with its number where the modal was opened."""
    agent, origin = authors.resolve_agent(event, context), event.private
    if agent is None:
        content = blocks.notice(ephemeral_replies.AGENTS_ONLY_MESSAGE)
        return Result(
            "ignored", "Not an agent.", None, ephemeral_replies.reply_to_modal(origin, event.author_id, content)
        )
    given, wrong = _parse_submission(event, agent)
    if wrong:
        raise ValidationError(next(iter(wrong.values())))
    requester = agent
    if given["email"]:
        requester = users.find_user(given["email"]) or users.create_user(
            given["email"], organization=given["organization"]
        )
    channel = thread_lookup.find_channel(str(origin.get("channel") or ""))
    place = origin.get("thread"), given["organization"].id, origin.get("chosen")
    origin_thread = origin_threads.find_origin(channel, *place)
    ticket = tickets.create_ticket(
        requester=requester,
        subject=given["subject"],
        body=given["body"],
        form=given["form"],
        answers=given["answers"],
        attachments=incoming_files.build_attachments(remote_files(origin), context, agent, given["organization"].id),
        form_token=f"slack {event.external_id}"[:64],
        filed_by=agent,
        organization_id=given["organization"].id,
        origin_thread=origin_thread,
    )
    if given["note"]:
        token = f"slack note {event.external_id}"[:64]
        tickets.add_note(ticket, author=agent, body=given["note"], form_token=token)
    answers = _confirmation_messages(ticket, origin, event.author_id, origin_thread is not None)
    return Result("done", "A new ticket.", ticket.id, answers)


def remote_files(origin: dict) -> tuple[RemoteFile, ...]:
    """Return the files of the message that the ticket is made of."""
    ids = origin.get("files") if isinstance(origin.get("files"), list) else []
    return tuple(RemoteFile(id, "file", "application/octet-stream", 0) for id in ids if isinstance(id, str))


def _parse_submission(event: ModalEvent, agent: User | None) -> tuple[dict, dict[str, str]]:
    """Return (values of the new ticket, a sentence by block for each mistake)."""
    values, origin = event.values, event.private
    wrong: dict[str, str] = {}
    number = str(values.get("organization") or "")
    organization = db.session.get(Organization, parse_id(number) or 0)
    if organization is None:
        return {}, {"organization": gettext("Choose the organization this ticket is for.")}
    slug = values.get("form") or origin.get("form") or ""
    form = forms.find_form(forms.published(organization.id), slug)
    if form is None and slug:
        wrong["form" if "form" in values else "organization"] = gettext(
            "This form is not offered to %(organization)s.", organization=organization.name
        )
    subject = str(values.get("subject") or "").strip()
    body = blocks.body_from_values(values, origin.get("glue")).strip()
    if not subject:
        wrong["subject"] = gettext("Say in a few words what it is about.")
    elif len(subject) > MAX_SUBJECT_LENGTH:
        wrong["subject"] = gettext(
            "A subject has at most %(most_subject_length)s characters.",
            most_subject_length=format_number(MAX_SUBJECT_LENGTH),
        )
    if not body and not origin.get("files"):
        wrong["body"] = gettext("Write what it is about.")
    answers, bad, unasked = modal_fields.parse_answers(form, values, agent, organization.id)
    former = str(origin.get("form") or ""), form, values, agent, organization.id
    body, note = modal_fields.add_unstored_answers(body, answers, *former)
    email, doubt = _parse_requester(str(values.get("requester") or ""), organization)
    wrong |= bad | ({"requester": doubt} if doubt else {})
    given = {
        "organization": organization,
        "form": form,
        "subject": subject,
        "body": body,
        "note": note,
        "answers": answers,
        "unasked": unasked,
        "email": email,
    }
    return given, wrong


def suggest(event: SuggestionEvent, agent: User) -> dict:
    """Return the options for what ``agent`` types into a select of the modal."""
    number = str(event.values.get("organization") or "")
    organization_id = parse_id(number)
    if event.block_id == "organization":
        return blocks.suggestions(_search_organizations(event.typed), "")
    if event.block_id == "form":
        offered = forms.published(organization_id or 0)
        return blocks.suggestions(_list_forms(offered), event.typed)
    form = forms.find_form(forms.published(organization_id or 0), str(event.private.get("form") or ""))
    field = next((each for each in form.fields if forms.field_name(each) == event.block_id), None) if form else None
    if field is None:
        return blocks.suggestions((), "")
    return blocks.suggestions(modal_fields.load_choices([field], agent, organization_id)[event.block_id], event.typed)


def _list_forms(offered: list[FormVersion]) -> blocks.Choices:
    """Slug and name of each form, in the team's language."""
    return tuple((each.form.slug, translate_content(each.form.name, Part.form)) for each in offered)


def _own_words(form: Form) -> dict[str, str]:
    """What the form calls itself and its fixed fields, in the team's language; "" where it has no words of its own."""
    names = ("name", "description", "subject_label", "body_label", "body_help")
    return {name: translate_content(getattr(form, name), Part.form) for name in names}


def _search_organizations(typed: str) -> blocks.Choices:
    """Return the organizations that are called so: first whose name begins with it, then whose name contains it."""
    names = select(Organization.id, Organization.name).where(IS_PRESENT).limit(MAX_SUGGESTIONS)
    if words := " ".join(typed.split()):
        begins, contains = (
            match(words, autoescape=True) for match in (Organization.name.istartswith, Organization.name.icontains)
        )
        names = names.where(is_named(Organization, words)).order_by(begins.desc(), contains.desc())
    return tuple((str(id), name) for id, name in db.session.execute(names.order_by(*ORGANIZATIONS_BY_NAME)))


def _offered_organizations(chosen_id: int | None) -> blocks.Choices:
    """Return the organizations to choose from: all where a select holds them, else enough for one that asks as one
    types, with the chosen one among them.
    """
    found = tuple((str(each.id), each.name) for each in list_choices(most=MAX_SUGGESTIONS))
    chosen = db.session.get(Organization, chosen_id) if chosen_id else None
    if chosen is not None and str(chosen.id) not in {id for id, _ in found}:
        found = (*found, (str(chosen.id), chosen.name))
    return found


def _parse_requester(text: str, organization: Organization) -> tuple[str, str]:
    """Return (canonical address or "", what is wrong with it or "")."""
    if not text.strip():
        return "", ""
    try:
        email = email_address.canonical_address(text)
    except ValueError as error:
        return "", str(error)
    user = users.find_user(email)
    if user is not None and user.is_team:
        return email, gettext("%(user)s is of the team. Give a customer's address, or none.", user=user.display_name)
    if user is not None and not user.is_active:
        return email, gettext("%(user)s was deactivated.", user=user.display_name)
    if organization.id not in {each.id for each in admission.admitting_organizations(email)}:
        return email, gettext(
            "%(email)s is not let in by %(organization)s. Add it to the organization first.",
            email=email,
            organization=organization.name,
        )
    return email, ""


def _confirmation_messages(ticket: Ticket, origin: dict, author_id: str, is_linked: bool) -> list[SlackRequest]:
    """Make the answer to the one who filed the ticket, at the response URL: the app need not be in the channel."""
    hint = ""
    if origin.get("thread") and is_linked:
        hint = gettext("This thread belongs to it now: what is written below its card goes on the ticket.")
    elif origin.get("thread"):
        place = thread_lookup.find_main_label(ticket)
        hint = (
            gettext(
                "This thread does not belong to it. Answer in the portal or in its thread in %(place)s.", place=place
            )
            if place
            else gettext("This thread does not belong to it. Answer in the portal.")
        )
    form = ticket.form_version.form if ticket.form_version else None
    confirmation = translate_content(form.confirmation, Part.form) if form else ""
    content = blocks.link_line(
        gettext("Filed as"),
        f"#{ticket.number} {ticket.subject}",
        urls.ticket_url(ticket.number),
        " ".join(each for each in (confirmation, hint) if each),
    )
    url = origin.get("url")
    if isinstance(url, str) and url:
        return [response_url_request(url, author_id, response_type="ephemeral", replace_original=False, **content)]
    return ephemeral_replies.reply_to_modal(origin, author_id, content)
