"""The portal's own pictures: logos for light and dark, the icon of browser tabs, and the logo of mails.

SVG is cleaned by an allow-list of svg-hush before it is stored: no scripts, no addresses of other places. It is shown
in ``<img>`` only, and sent with a policy that lets it load nothing.
"""

from enum import StrEnum
from functools import lru_cache
from io import BytesIO
from xml.parsers import expat

from py_svg_hush import filter_svg

from helpdesk import storage
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import attachments, stored_files
from helpdesk.extensions import db
from helpdesk.models.attachment import IMAGE_TYPES
from helpdesk.models.user import User
from helpdesk.translation import gettext

MAX_BYTES = 512 * 1024
MAX_MAIL_BYTES = 50_000  # larger ones would weigh on every mail
MAX_DEPTH = 40  # of elements inside each other in an SVG
SVG = "image/svg+xml"
MAIL_TYPES = ("image/png", "image/jpeg", "image/gif")  # which mail programs show


class Picture(StrEnum):
    """A picture of the portal; the value is the name of the setting with its storage key."""

    logo = "logo"
    logo_dark = "logo_dark"
    favicon = "favicon"
    logo_mail = "logo_mail"


def clean_picture(picture: Picture, data: bytes) -> bytes:
    """Return the bytes to store: SVG cleaned, others as they are. Raises ValidationError."""
    if not data:
        raise ValidationError(gettext("Choose a picture."), str(picture))
    if len(data) > MAX_BYTES:
        raise ValidationError(gettext("The picture is larger than 512 KB."), str(picture))
    if picture == Picture.logo_mail:
        if attachments.detect_media_type(data[:64], "") not in MAIL_TYPES or len(data) > MAX_MAIL_BYTES:
            raise ValidationError(
                gettext("The logo of mails must be a PNG, JPEG or GIF picture of at most 50 KB."), str(picture)
            )
        return data
    if attachments.detect_media_type(data[:64], "") in IMAGE_TYPES:
        return data
    try:
        _ensure_simple(data)
        cleaned: bytes = filter_svg(data, {"image": ["png", "jpeg", "gif", "webp"]})
    except (ValueError, expat.ExpatError):
        cleaned = b""
    if b"<svg" not in cleaned[:300] or len(cleaned) > 2 * MAX_BYTES:
        raise ValidationError(gettext("The logo must be an SVG, PNG, JPEG, GIF or WebP picture."), str(picture))
    return cleaned


def replace_picture(picture: Picture, data: bytes | None, *, actor: User) -> None:
    """Store another picture, None for none; the former one is deleted after the commit. Commits before it is stored.

    Raises PermissionDenied, ValidationError and StorageUnavailable.
    """
    permissions.ensure(permissions.can_administer(actor))
    key = ""
    if data is not None:
        cleaned = clean_picture(picture, data)
        key = attachments.generate_key()
        stored_files.store_bytes(key, BytesIO(cleaned))
        stored_files.keep(key)
    if former := str(settings.get(picture)):
        stored_files.delete_later([former])
    if not key and not former:
        return
    settings.set(str(picture), key)
    action = "changed the logo" if key else "removed the logo"
    audit_log.add_entry(action, actor, "Portal setup", picture=str(picture))


def list_keys() -> list[str]:
    """Return the storage keys of all pictures there are."""
    return [key for picture in Picture if (key := settings.get(picture))]


def load_picture(picture: Picture) -> tuple[bytes, str] | None:
    """Return bytes and media type of a picture; None if there is none."""
    key = settings.get(picture)
    return _load(key) if key else None


def load_for_page(*wanted: Picture) -> tuple[bytes, str] | None:
    """Return bytes and media type of the first of these pictures that there is; None if there is none.

    Rolls back, so that no transaction is open while the store is asked.
    """
    keys = [str(settings.get(each)) for each in wanted]
    db.session.rollback()
    return next(filter(None, (_load(key) for key in keys if key)), None)


def load_mail_logo() -> tuple[bytes, str] | None:
    """Return the logo that mails show: the one given for mails, else the logo if mail programs show its kind."""
    for picture in (Picture.logo_mail, Picture.logo):
        found = load_picture(picture)
        if found is not None and found[1] in MAIL_TYPES and len(found[0]) <= MAX_MAIL_BYTES:
            return found
    return None


def _ensure_simple(data: bytes) -> None:
    """Raise ValueError for what no drawing program writes: entities, and elements deep inside each other.

    svg-hush indents each line by its depth: 50,000 elements inside each other became 5 GB.
    """
    depth = 0

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError("deep")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse_entity(*_declaration: object) -> None:
        raise ValueError("entity")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.EntityDeclHandler = refuse_entity
    parser.Parse(data, True)


@lru_cache(maxsize=8)
def _load(key: str) -> tuple[bytes, str] | None:
    """Read a stored picture; it never changes, since another one has another key."""
    try:
        data = storage.read(key)
    except FileNotFoundError:
        return None
    detected = attachments.detect_media_type(data[:64], "")
    return data, detected if detected in IMAGE_TYPES else SVG
