"""The form of a rule: when, if, then."""

from typing import Any

from sqlalchemy import func, select
from wtforms import BooleanField, HiddenField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Optional

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import labels
from helpdesk.domain.inbox.channel import TwoWayChannel
from helpdesk.domain.outbox import registry
from helpdesk.domain.people import users
from helpdesk.domain.people.organization_choices import list_choices
from helpdesk.domain.rules import definition, management
from helpdesk.domain.rules.definition import (
    ASSIGN_LABELS,
    HOURS_LABELS,
    TRIGGER_LABELS,
    WRITER_LABELS,
    Actions,
    Conditions,
    RuleDefinition,
)
from helpdesk.domain.tickets import tag_names
from helpdesk.domain.tickets.tag_names import SEPARATORS
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.form import Field, FormVersion
from helpdesk.models.form import Form as TicketForm
from helpdesk.translation import gettext, lazy_gettext, offered_languages
from helpdesk.web.form_base import Form, WholeNumberField, to_choices

MAX_ORGANIZATIONS = 500  # offered by name
STATUSES = [(str(each), label) for each, label in labels.TEAM_STATUS_LABELS.items()]
SETTABLE = [(str(each), labels.TEAM_STATUS_LABELS[each]) for each in management.ALLOWED_STATUSES]
PRIORITIES = [(str(each), label) for each, label in labels.PRIORITY_LABELS.items()]


def _select(label: Any, choices: Any = (), blank: Any = "", description: Any = "") -> SelectField:
    return SelectField(
        label,
        [Optional()],
        choices=to_choices(choices),
        validate_choice=False,
        description=description,
        render_kw={"blank": blank} if blank else {},
    )


def _boxes(label: Any, choices: Any = ()) -> SelectMultipleField:
    return SelectMultipleField(label, [Optional()], choices=to_choices(choices), validate_choice=False)


class RuleForm(Form):
    """One rule; ``version`` is the version that was read."""

    version = HiddenField()
    name = StringField(lazy_gettext("Name"), render_kw={"maxlength": "80"})
    trigger = RadioField(lazy_gettext("When"), choices=to_choices(TRIGGER_LABELS.items()), validate_choice=False)
    idle_hours = WholeNumberField(lazy_gettext("Hours without anything"), 1, management.MAX_IDLE_HOURS)

    forms = _boxes(lazy_gettext("Form"))
    organization_id = _select(lazy_gettext("Organization"), blank=lazy_gettext("Any organization"))
    words = StringField(
        lazy_gettext("Words"),
        [Optional()],
        description=lazy_gettext(
            "At least one of them in the subject or the message. Separate them with commas: refund, money back."
        ),
    )
    field_key = StringField(
        lazy_gettext("Field"),
        [Optional()],
        description=lazy_gettext("The key of a field, as its form shows it."),
        render_kw={"list": "rule-fields", "autocomplete": "off"},
    )
    field_value = StringField(lazy_gettext("Its answer"), [Optional()], description=lazy_gettext("Empty: any answer."))
    language = _select(lazy_gettext("Language of the requester"), blank=lazy_gettext("Any language"))
    channel = _select(lazy_gettext("How it came"), blank=lazy_gettext("Any way"))
    writer = _select(lazy_gettext("Who wrote"), WRITER_LABELS.items(), lazy_gettext("Anybody"))
    hours = _select(lazy_gettext("Time"), HOURS_LABELS.items(), lazy_gettext("Any time"))
    priorities = _boxes(lazy_gettext("Priority"), PRIORITIES)
    statuses = _boxes(lazy_gettext("Status"), STATUSES)
    tags = StringField(
        lazy_gettext("Tags"), [Optional()], description=lazy_gettext("At least one of them. Separate them with commas.")
    )

    assign = _select(lazy_gettext("Assign"), ASSIGN_LABELS.items(), lazy_gettext("Do not change"))
    assignees = _boxes(lazy_gettext("Assign to"))
    reassign = BooleanField(lazy_gettext("Also if somebody has the ticket"))
    priority = _select(lazy_gettext("Set the priority"), PRIORITIES, lazy_gettext("Do not change"))
    status = _select(lazy_gettext("Set the status"), SETTABLE, lazy_gettext("Do not change"))
    add_tags = StringField(
        lazy_gettext("Add tags"), [Optional()], description=lazy_gettext("Separate them with commas.")
    )
    notify = _boxes(lazy_gettext("Notify"))
    reply_id = _select(
        lazy_gettext("Reply with"),
        blank=lazy_gettext("No reply"),
        description=lazy_gettext(
            "A macro of the team. At most once a day on a ticket; it counts as no first response."
        ),
    )
    reply_author_id = _select(lazy_gettext("In the name of"), blank=lazy_gettext("Nobody"))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        team = [(str(user.id), user.display_name) for user in users.list_team()]
        for field in (self.assignees, self.notify, self.reply_author_id):
            field.choices = to_choices(team)
        self.forms.choices = to_choices(_list_forms())
        self.organization_id.choices = to_choices(_list_organizations())
        self.language.choices = to_choices([(each.code, each.name) for each in offered_languages()])
        self.channel.choices = to_choices(list_channels())
        self.reply_id.choices = to_choices(_list_macros())

    @classmethod
    def of(cls, rule: RuleDefinition, version: int) -> "RuleForm":
        """Return the form with the values of a stored rule."""
        conditions, actions = rule.conditions, rule.actions
        return cls(
            data={
                "version": str(version),
                "name": rule.name,
                "trigger": str(rule.trigger),
                "idle_hours": rule.idle_hours,
                **{name: getattr(conditions, name) for name in ("field_key", "field_value", "language", "channel")},
                **{name: getattr(conditions, name) for name in ("writer", "hours")},
                **{name: list(getattr(conditions, name)) for name in ("forms", "priorities", "statuses")},
                "organization_id": str(conditions.organization_id or ""),
                "words": ", ".join(conditions.words),
                "tags": ", ".join(conditions.tags),
                "add_tags": ", ".join(actions.tags),
                **{name: getattr(actions, name) for name in ("assign", "priority", "status")},
                **{name: [str(each) for each in getattr(actions, name)] for name in ("assignees", "notify")},
                "reassign": actions.reassign,
                "reply_id": str(actions.reply_id or ""),
                "reply_author_id": str(actions.reply_author_id or ""),
            }
        )

    def read_conditions(self) -> Conditions:
        """What was typed under *If*."""
        return Conditions(
            forms=tuple(self.forms.data or ()),
            organization_id=parse_id(self.organization_id.data),
            field_key=self.field_key.data.strip(),
            field_value=self.field_value.data.strip(),
            words=tuple(word for part in SEPARATORS.split(self.words.data) if (word := " ".join(part.split()))),
            language=self.language.data,
            channel=self.channel.data,
            hours=self.hours.data if self.hours.data in HOURS_LABELS else "",
            writer=self.writer.data if self.writer.data in WRITER_LABELS else "",
            priorities=tuple(self.priorities.data or ()),
            statuses=tuple(self.statuses.data or ()),
            tags=tag_names.split_names(self.tags.data),
        )

    def read_actions(self) -> Actions:
        """What was typed under *Then*."""
        return Actions(
            assign=self.assign.data,
            assignees=_read_ids(self.assignees.data),
            reassign=bool(self.reassign.data),
            priority=self.priority.data,
            status=self.status.data,
            tags=tag_names.split_names(self.add_tags.data),
            notify=_read_ids(self.notify.data),
            reply_id=parse_id(self.reply_id.data),
            reply_author_id=parse_id(self.reply_author_id.data),
        )


def list_channels() -> list[tuple[str, str]]:
    """How a message can come, as (value, label)."""
    web = (definition.WEB, gettext("Page or API"))
    return [
        web,
        *((each.kind, each.kind.capitalize()) for each in registry.list_channels() if isinstance(each, TwoWayChannel)),
    ]


def list_fields() -> list[tuple[str, str]]:
    """The fields that the forms of today ask, as (key, label), each key once."""
    published = select(func.max(FormVersion.id)).where(FormVersion.published_at.is_not(None))
    query = select(Field.key, Field.label).join(Field.version).join(FormVersion.form)
    query = query.where(FormVersion.id.in_(published.group_by(FormVersion.form_id)), TicketForm.archived_at.is_(None))
    rows = db.session.execute(query.order_by(TicketForm.position, Field.id))
    return list({row.key: (row.key, row.label) for row in rows}.values())


def _list_forms() -> list[tuple[str, str]]:
    query = select(TicketForm.slug, TicketForm.name).where(TicketForm.archived_at.is_(None))
    return [(row.slug, row.name) for row in db.session.execute(query.order_by(TicketForm.position, TicketForm.id))]


def _list_organizations() -> list[tuple[str, str]]:
    return [(str(each.id), each.name) for each in list_choices(most=MAX_ORGANIZATIONS)]


def _list_macros() -> list[tuple[str, str]]:
    query = select(CannedReply.id, CannedReply.title).where(CannedReply.owner_id.is_(None), CannedReply.body != "")
    rows = sort_by_name(db.session.execute(query.order_by(CannedReply.id)), lambda row: row.title)
    return [(str(row.id), row.title) for row in rows]


def _read_ids(texts: list[str] | None) -> tuple[int, ...]:
    return tuple(number for text in texts or () if (number := parse_id(text)) is not None)
