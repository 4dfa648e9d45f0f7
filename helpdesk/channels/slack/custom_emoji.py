"""Copy the pictures of the workspace's own emoji that messages have into our storage."""

import base64
import logging
from datetime import timedelta

from sqlalchemy import or_, select, update

from helpdesk import clock, config, key_derivation, storage
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api import emoji_pictures
from helpdesk.channels.slack.parse import json_access
from helpdesk.database import transactions
from helpdesk.domain.integrations import custom_emoji
from helpdesk.domain.outbox import errors
from helpdesk.extensions import db
from helpdesk.models.custom_emoji import CustomEmoji

CHECK_AGAIN_AFTER = timedelta(days=1)  # a name that had no picture may get one; a picture may change or go
MAX_PICTURES = 40  # in one turn
MAX_ALIASES = 5  # from one name to the next

Picture = tuple[str, bytes, str]  # its key in the storage, its bytes and its media type

log = logging.getLogger(__name__)


def copy_pictures() -> int:
    """Look for the pictures that are due. Returns how many were copied. Commits; never raises ChannelError."""
    with transactions.read_only():
        due = or_(CustomEmoji.checked_at.is_(None), CustomEmoji.checked_at < clock.now() - CHECK_AGAIN_AFTER)
        names = list(
            db.session.scalars(select(CustomEmoji.name).where(due).order_by(CustomEmoji.id).limit(MAX_PICTURES))
        )
    if not names or not config.current().SLACK_BOT_TOKEN:
        return 0
    try:
        known = json_access.object_in(clients.current().call("emoji.list"), "emoji")
    except errors.ChannelError as error:
        log.info("The workspace's emoji could not be read: %s", error.reason)
        if not isinstance(error, errors.TemporaryError):
            _mark_checked(names)  # such as a permission that is missing: tried again tomorrow
        return 0
    pictures = _fetch_pictures(names, known)
    _store(pictures)
    return sum(picture is not None for picture in pictures.values())


def find_address(name: str, known: dict) -> str:
    """Return the address of the picture for ``name`` in Slack's list; "" for none. Aliases are followed."""
    for _ in range(MAX_ALIASES):
        value = json_access.text_or_empty(known.get(name))
        if not value.startswith("alias:"):
            return value
        name = value.removeprefix("alias:")
    return ""


def _fetch_pictures(names: list[str], known: dict) -> dict[str, Picture | None]:
    """Return the picture of each name, None for one that has none; without those that could not be asked for now."""
    found: dict[str, Picture | None] = {}
    for name in names:
        try:
            found[name] = _fetch_picture(name, known)
        except errors.TemporaryError as error:
            log.info("The emoji %s is tried again later: %s", name, error.reason)
    return found


def _fetch_picture(name: str, known: dict) -> Picture | None:
    """Return the picture, None where there is none. Raises TemporaryError."""
    address = find_address(name, known)
    if not address:
        return None
    try:
        data, media_type = emoji_pictures.download_picture(address)
    except errors.PermanentError as error:
        log.info("The emoji %s has no picture: %s", name, error.reason)
        return None
    signed = key_derivation.sign(key_derivation.Purpose.SLACK_FILE, f"emoji {name} {address}")
    return base64.urlsafe_b64encode(signed).decode().rstrip("="), data, media_type


def _mark_checked(names: list[str]) -> None:
    now = update(CustomEmoji).where(CustomEmoji.name.in_(names)).values(checked_at=clock.now())
    db.session.execute(now.execution_options(synchronize_session=False))
    db.session.commit()


def _store(pictures: dict[str, Picture | None]) -> None:
    gone = []
    for picture in pictures.values():
        if picture is not None:
            storage.write(picture[0], picture[1])
    for row in db.session.scalars(select(CustomEmoji).where(CustomEmoji.name.in_(pictures))):
        picture = pictures[row.name]
        if row.key and row.key != (picture[0] if picture else None):
            gone.append(row.key)
        row.key, row.media_type = (picture[0], picture[2]) if picture else (None, "")
        row.checked_at = clock.now()
    db.session.commit()
    custom_emoji.invalidate_cache()
    for key in gone:
        storage.delete(key)
