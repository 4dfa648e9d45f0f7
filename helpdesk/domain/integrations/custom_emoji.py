"""Emoji that a workspace made itself: which names messages have, and where their pictures are.

Pictures are copied into our storage by the channel that knows them and never loaded from outside. Where there is no
picture, in mails and in other channels, an emoji is its name between colons.
"""

import re
import time
from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.database import replica
from helpdesk.extensions import db
from helpdesk.models.custom_emoji import CustomEmoji

CACHE_SECONDS = 30.0
MAX_NAMES = 20  # new ones of one message
MAX_KNOWN = 5_000  # names of which pictures are looked for; no message adds more

# One or more names right behind each other, and not in a time of day or a path of a program.
_NAMES = re.compile(r"(?<![a-zA-Z0-9_:])(?::[a-z0-9_+'-]{1,100}:(?![a-zA-Z0-9_]))+")
_NAME = re.compile(r":([^:]+):")
_cache: frozenset[str] = frozenset()
_cache_until = 0.0


def find_names(text: str) -> list[str]:
    """Return the names between colons in ``text``, each once."""
    if text.count(":") < 2:
        return []
    return list(dict.fromkeys(name for names in _NAMES.findall(text) for name in _NAME.findall(names)))


def replace_names(text: str, replace: Callable[[str], str]) -> str:
    """Put what ``replace`` returns for it in place of each name between colons."""
    return _NAMES.sub(lambda names: _NAME.sub(lambda name: replace(name[1]), names[0]), text)


def note_names(names: Iterable[str]) -> None:
    """Remember ``names`` that are not known yet, so that their pictures are looked for."""
    wanted = [name for name in names if not name.isdigit()][:MAX_NAMES]
    if not wanted:
        return
    known = set(db.session.scalars(select(CustomEmoji.name).where(CustomEmoji.name.in_(wanted))))
    new = [name for name in wanted if name not in known]
    if new and db.session.query(CustomEmoji.id).count() < MAX_KNOWN:
        dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
        rows = [{"name": name, "media_type": ""} for name in new]
        db.session.execute(dialect.insert(CustomEmoji).values(rows).on_conflict_do_nothing())


def names_with_picture() -> frozenset[str]:
    """Return the names of which we have a picture, cached for half a minute."""
    global _cache, _cache_until
    if time.monotonic() >= _cache_until:
        with replica.use(False):
            _cache = frozenset(db.session.scalars(select(CustomEmoji.name).where(CustomEmoji.key.is_not(None))))
        _cache_until = time.monotonic() + CACHE_SECONDS
    return _cache


def invalidate_cache() -> None:
    """Let this process read the names again."""
    global _cache_until
    _cache_until = 0.0


def find_picture(name: str) -> CustomEmoji | None:
    """Return the emoji with this name if we have its picture."""
    return db.session.scalar(select(CustomEmoji).where(CustomEmoji.name == name, CustomEmoji.key.is_not(None)))
