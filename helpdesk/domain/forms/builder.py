"""The form builder of admins. A published version never changes; edits are made on a draft, which is then published.

What counts or numbers existing rows locks first (``settings.lock``), so that two admins never take the same number.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import func, select

from helpdesk import clock, slugs
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ConflictError, ValidationError, ensure_fields
from helpdesk.domain.forms import field_types
from helpdesk.domain.forms.validation import publish_errors
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.form import Field, Form, FormOrganization, FormVersion
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

COPIED_COLUMNS = (
    *("key", "kind", "label", "help", "placeholder", "default", "required"),
    *("position", "options", "team_only", "customer_fills", "shown_if_key", "shown_if_value"),
)
EDITABLE_COLUMNS = tuple(name for name in COPIED_COLUMNS if name not in {"key", "position"})
MAX_FIELDS = 60
MAX_OPTIONS = 100

Item = TypeVar("Item", Form, Field)


def create_form(
    name: str, actor: User, *, description: str = "", for_all: bool = True, organization_ids: Sequence[int] = ()
) -> Form:
    """Create a form with an empty draft. Raises PermissionDenied and ValidationError."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin builds forms."))
    settings.lock()
    position = (db.session.scalar(select(func.max(Form.position))) or 0) + 1
    form = Form(slug=_free_slug(_validated_name(name)), name=_validated_name(name), position=position)
    form.versions.append(FormVersion(number=1))
    db.session.add(form)
    db.session.flush()
    _set_description(form, description, for_all, organization_ids)
    audit_log.add_entry("created form", actor, form.name)
    return form


def update_form(
    form: Form, actor: User, *, name: str, description: str, for_all: bool, organization_ids: Sequence[int]
) -> None:
    """Change the name, the description and who may use a form, at once. Its slug stays.

    Raises PermissionDenied and ValidationError.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin builds forms."))
    form.name = _validated_name(name)
    _set_description(form, description, for_all, organization_ids)
    audit_log.add_entry("changed form", actor, form.name)


def move_form(form: Form, actor: User, *, up: bool) -> None:
    """Move a form up or down by one in the list of forms. Raises PermissionDenied and ConflictError."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin builds forms."))
    settings.lock()
    forms = list(db.session.scalars(select(Form).where(Form.archived_at.is_(None)).order_by(Form.position, Form.id)))
    _swap_positions(forms, form, up)


def archive_form(form: Form, actor: User) -> None:
    """Archive a form: it is no longer offered; existing tickets keep it. Raises PermissionDenied."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin builds forms."))
    if form.archived_at is None:
        form.archived_at = clock.now()
        audit_log.add_entry("archived form", actor, form.name)


def restore_form(form: Form, actor: User) -> None:
    """Offer an archived form again. Raises PermissionDenied."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin builds forms."))
    if form.archived_at is not None:
        form.archived_at = None
        audit_log.add_entry("restored form", actor, form.name)


def published_version(form: Form) -> FormVersion | None:
    """Return the latest published version, None if there is none."""
    return max(
        (version for version in form.versions if version.published_at),
        key=lambda version: version.number,
        default=None,
    )


def get_or_create_draft(form: Form) -> FormVersion:
    """Return the draft, or create one as a copy of the published version."""
    settings.lock()
    newest = max(form.versions, key=lambda version: version.number)
    if newest.published_at is None:
        return newest
    copy = FormVersion(number=newest.number + 1)
    copy.fields = [Field(**{name: getattr(field, name) for name in COPIED_COLUMNS}) for field in newest.fields]
    form.versions.append(copy)
    db.session.flush()
    return copy


def discard_draft(form: Form, actor: User) -> None:
    """Delete the draft. Raises PermissionDenied, and ConflictError if no version was published."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin builds forms."))
    settings.lock()
    for version in [version for version in form.versions if version.published_at is None]:
        if published_version(form) is None:
            raise ConflictError(gettext("This form was never published; archive it instead."))
        form.versions.remove(version)
        db.session.delete(version)
    db.session.flush()


def add_field(version: FormVersion, actor: User, **values: Any) -> Field:
    """Add a field at the end of a draft. ``values``: by EDITABLE_COLUMNS; the key is made from the label.

    Raises PermissionDenied, ValidationError, and ConflictError if ``version`` is published.
    """
    _ensure_editable(version, actor)
    if len(version.fields) >= MAX_FIELDS:
        raise ValidationError(
            gettext("A form has at most %(most_fields)s fields.", most_fields=format_number(MAX_FIELDS)), "label"
        )
    position = max((field.position for field in version.fields), default=-1) + 1
    cleaned = _validated_field(version, values, before=position)
    field = Field(key=_free_key(version, cleaned["label"]), position=position, **cleaned)
    version.fields.append(field)
    db.session.flush()
    return field


def update_field(field: Field, actor: User, **values: Any) -> Field:
    """Change a field of a draft; its key stays, because conditions and reports refer to it.

    Raises PermissionDenied, ValidationError, and ConflictError if the version is published.
    """
    _ensure_editable(field.version, actor)
    for name, value in _validated_field(field.version, values, before=field.position).items():
        setattr(field, name, value)
    db.session.flush()
    return field


def move_field(field: Field, actor: User, *, up: bool) -> None:
    """Move a field of a draft up or down by one. Raises PermissionDenied and ConflictError."""
    _ensure_editable(field.version, actor)
    _swap_positions(sorted(field.version.fields, key=lambda field: field.position), field, up)
    db.session.flush()


def remove_field(field: Field, actor: User) -> None:
    """Remove a field from a draft. Raises PermissionDenied, and ConflictError if another field depends on it."""
    _ensure_editable(field.version, actor)
    for other in field.version.fields:
        if other.shown_if_key == field.key:
            raise ConflictError(
                gettext("%(other)s is shown only with an answer here. Change that first.", other=other.label)
            )
    field.version.fields.remove(field)
    db.session.flush()


def publish_form(form: Form, actor: User) -> FormVersion:
    """Publish the draft.

    Raises PermissionDenied, ValidationError with the errors of the draft, and ConflictError if there is no draft.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin builds forms."))
    settings.lock()
    version = max(form.versions, key=lambda version: version.number)
    if version.published_at is not None:
        raise ConflictError(gettext("Nothing has changed since this form was published."))
    errors = publish_errors(version)
    if errors:
        raise ValidationError(" ".join(errors), "publish")
    version.published_at = clock.now()
    version.published_by_id = actor.id
    db.session.flush()
    audit_log.add_entry("published form", actor, f"{form.name}, version {version.number}")
    return version


def _ensure_editable(version: FormVersion, actor: User) -> None:
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin builds forms."))
    if version.published_at is not None:
        raise ConflictError(gettext("This version is published and stays as it is. Edit the draft."))


def _validated_field(version: FormVersion, values: dict[str, Any], before: int) -> dict[str, Any]:
    """Return the cleaned ``values`` of a field that follows those with a position less than ``before``."""
    cleaned = {name: values[name] for name in EDITABLE_COLUMNS if name in values}
    cleaned["label"] = to_one_line(str(cleaned.get("label", "")))
    types = {each.name: each for each in field_types.all_types()}
    field_type = types.get(str(cleaned.get("kind")))
    has_options = field_type is not None and field_type.has_options
    given = (to_one_line(str(text)) for text in cleaned.get("options") or ())
    options = list(dict.fromkeys(option for option in given if option)) if has_options else []
    cleaned["options"] = options
    cleaned["shown_if_key"] = cleaned.get("shown_if_key") or None
    cleaned["shown_if_value"] = (cleaned.get("shown_if_value") or None) if cleaned["shown_if_key"] else None
    placeholder = cleaned.get("placeholder") or ""
    earlier = {field.key for field in version.fields if field.position < before}
    ensure_fields(
        gettext("Some answers need another look."),
        ("label", 0 < len(cleaned["label"]) <= 200, gettext("Give the field a label of at most 200 characters.")),
        ("kind", field_type is not None, gettext("Choose a kind of field.")),
        (
            "options",
            not has_options or (1 <= len(options) <= MAX_OPTIONS and max(map(len, options)) <= 200),
            gettext(
                "Write one answer per line, at most %(most_options)s, each of at most 200 characters.",
                most_options=format_number(MAX_OPTIONS),
            ),
        ),
        (
            "shown_if_key",
            not cleaned["shown_if_key"] or cleaned["shown_if_key"] in earlier,
            gettext("A field can only depend on one that comes before it."),
        ),
        ("placeholder", len(placeholder) <= 200, gettext("A placeholder has at most 200 characters.")),
    )
    if cleaned.get("default"):
        error = _default_error(cleaned)
        ensure_fields(gettext("Some answers need another look."), ("default", not error, error))
    return cleaned


def _default_error(cleaned: dict[str, Any]) -> str:
    """Return why the default of a field with the ``cleaned`` values is no answer to it; "" if it is one."""
    field_type = field_types.get_field_type(cleaned["kind"])
    if not field_type.has_default:
        return gettext("This kind of field has no default.")
    field = Field(
        kind=cleaned["kind"], label=gettext("The default"), options=cleaned["options"], default=cleaned["default"]
    )
    try:
        field_type.parse(field, field_type.default_texts(field))
    except field_types.InvalidAnswer as error:
        return str(error)
    return ""


def _set_description(form: Form, description: str, for_all: bool, organization_ids: Sequence[int]) -> None:
    if not for_all and not organization_ids:
        raise ValidationError(gettext("Choose at least one organization, or offer the form to all."), "organizations")
    form.description = description.strip()
    form.for_all = for_all
    wanted_ids = set() if for_all else set(organization_ids)
    present = {row.organization_id: row for row in form.organizations}
    for organization_id in set(present) - wanted_ids:
        form.organizations.remove(present[organization_id])
        db.session.delete(present[organization_id])
    for organization_id in sorted(wanted_ids - set(present)):
        form.organizations.append(FormOrganization(form_id=form.id, organization_id=organization_id))
    db.session.flush()


def _validated_name(name: str) -> str:
    name = to_one_line(name)
    if not name or len(name) > 120:
        raise ValidationError(gettext("Give the form a name of at most 120 characters."), "name")
    return name


def _swap_positions(items: list[Item], item: Item, up: bool) -> None:
    """Number ``items`` anew, with ``item`` moved up or down by one. Raises ConflictError if it is not among them."""
    if item not in items:
        raise ConflictError(gettext("It is archived, so it has no place among the others."))
    for position, each in enumerate(items):
        each.position = position
    old = items.index(item)
    new = old + (-1 if up else 1)
    if 0 <= new < len(items):
        items[old].position, items[new].position = new, old


def _free_key(version: FormVersion, label: str) -> str:
    base = slugs.slugify(label, "_")[:50] or "field"
    return slugs.find_free(base, {field.key for field in version.fields}, "_")


def _free_slug(name: str) -> str:
    return slugs.find_free(slugs.slugify(name)[:60] or "form", set(db.session.scalars(select(Form.slug))))
