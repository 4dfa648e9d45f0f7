"""What merging one organization into another does: who will see what, who can sign in, and what goes where."""

from sqlalchemy import ColumnElement, exists, false, func, select

from helpdesk.domain.people import admission
from helpdesk.domain.reorganization import organization_merging
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.organization import Organization, OrganizationAddress
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_list, gettext, ngettext


def preview_merge(source: Organization, target: Organization) -> list[str]:
    """The effects in sentences. Raises ValidationError and ConflictError."""
    organization_merging.ensure_mergeable(source, target)
    return [
        _describe_move(source, target),
        *_describe_readers(source, target),
        *_describe_rules(source, target),
        *_describe_channels(source, target),
        gettext(
            "The rules of %(target)s hold for all. %(source)s is no longer listed; its name can be used again.",
            target=target.name,
            source=source.name,
        ),
    ]


def _describe_move(source: Organization, target: Organization) -> str:
    people = _count(User, User.organization_id == source.id)
    counts = [
        ngettext("%(num)s person", "%(num)s people", people),
        ngettext("%(num)s domain", "%(num)s domains", len(source.domains)),
        ngettext("%(num)s listed address", "%(num)s listed addresses", len(source.addresses)),
        ngettext("%(num)s ticket", "%(num)s tickets", _count(Ticket, Ticket.organization_id == source.id)),
    ]
    return gettext(
        "What moves from %(source)s to %(target)s: %(counts)s.",
        source=source.name,
        target=target.name,
        counts=format_list(counts),
    )


def _describe_readers(source: Organization, target: Organization) -> list[str]:
    """Who can read what of the other, since they see all tickets of their organization."""
    sentences = []
    for readers, owner in ((source, target), (target, source)):
        sees_all = (
            User.organization_id == readers.id,
            User.deactivated_at.is_(None),
            User.ticket_visibility == "organization",
        )
        number, tickets = _count(User, *sees_all), _count(Ticket, Ticket.organization_id == owner.id)
        replies = _count(
            Message,
            Message.organization_id == owner.id,
            Message.kind == MessageKind.reply,
            Message.deleted_at.is_(None),
        )
        if number and tickets:
            sentences.append(
                ngettext(
                    "%(num)s person of %(readers)s can then read what %(owner)s has: %(counts)s.",
                    "%(num)s people of %(readers)s can then read what %(owner)s has: %(counts)s.",
                    number,
                    readers=readers.name,
                    owner=owner.name,
                    counts=format_list(
                        [
                            ngettext("%(num)s ticket", "%(num)s tickets", tickets),
                            ngettext("%(num)s reply", "%(num)s replies", replies),
                        ]
                    ),
                )
            )
    return sentences


def _describe_rules(source: Organization, target: Organization) -> list[str]:
    domains = ", ".join(row.domain for row in source.domains)
    sentences = []
    if domains and source.allowlist_only and not target.allowlist_only:
        sentences.append(
            gettext(
                "Everybody with an address at %(domains)s can sign in then; %(source)s admits only listed addresses.",
                domains=domains,
                source=source.name,
            )
        )
    if domains and not source.portal_enabled and target.portal_enabled:
        sentences.append(
            gettext("The portal of %(source)s is switched off; its people can sign in then.", source=source.name)
        )
    losing = _count_losing(source, target)
    if losing:
        values = {"source": source.name, "target": target.name}
        sentences.append(
            ngettext(
                "%(num)s person of %(source)s can no longer sign in: %(target)s admits only listed addresses.",
                "%(num)s people of %(source)s can no longer sign in: %(target)s admits only listed addresses.",
                losing,
                **values,
            )
            if target.portal_enabled
            else ngettext(
                "%(num)s person of %(source)s can no longer sign in: %(target)s has no portal.",
                "%(num)s people of %(source)s can no longer sign in: %(target)s has no portal.",
                losing,
                **values,
            )
        )
    if source.microsoft_tenant and source.microsoft_tenant != target.microsoft_tenant:
        sentences.append(
            gettext("The Microsoft directory that %(source)s requires is required no longer.", source=source.name)
        )
    return sentences


def _count_losing(source: Organization, target: Organization) -> int:
    """How many people of the source are admitted now and will not be."""
    stays: ColumnElement[bool]
    if not target.portal_enabled:
        stays = false()
    elif target.allowlist_only:
        listed = OrganizationAddress.organization_id.in_((source.id, target.id))
        stays = exists().where(listed, OrganizationAddress.email == User.email)
    else:
        return 0
    return _count(User, User.organization_id == source.id, admission.admission_condition(), ~stays)


def _describe_channels(source: Organization, target: Organization) -> list[str]:
    shared = Channel.audience == "customer", Channel.removed_at.is_(None)
    labels, defaults = (
        [
            channel.label
            for channel in db.session.scalars(
                select(Channel).where(Channel.organization_id == each.id, *shared).order_by(Channel.id)
            )
            if each is source or channel.is_default
        ]
        for each in (source, target)
    )
    if not labels:
        return []
    sentences = [
        gettext("%(names)s and the threads there become %(target)s’s.", names=format_list(labels), target=target.name)
    ]
    if defaults:
        sentences.append(gettext("New tickets of all get their card in %(names)s only.", names=format_list(defaults)))
    return sentences


def _count(table: type, *conditions: object) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]
