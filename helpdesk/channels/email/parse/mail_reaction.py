"""Read the emoji of a mail that is a reaction to another one, as Gmail sends it.

Format: developers.google.com/workspace/gmail/reactions/format.
"""

import json
from collections.abc import Sequence

from helpdesk.channels.email.parse import mime
from helpdesk.channels.email.parse.parts import MimePart

MEDIA_TYPE = "text/vnd.google.email-reaction+json"
MAX_LENGTH = 40  # characters of an emoji: those of a family with skin tones are 10


def read_reaction(parts: Sequence[MimePart]) -> str:
    """Return the emoji of the reaction among ``parts``; "" where there is none, or none that can be read."""
    part = next((each for each in parts if each.media_type == MEDIA_TYPE and each.is_inline), None)
    if part is None:
        return ""
    try:
        content = json.loads(mime.part_content(part.message)[:1000].decode("utf-8"))
    except (ValueError, RecursionError):
        return ""
    emoji = content.get("emoji") if isinstance(content, dict) and content.get("version") == 1 else None
    return emoji if isinstance(emoji, str) and _is_emoji(emoji) else ""


def _is_emoji(text: str) -> bool:
    is_written = any(character.isspace() or character.isalpha() for character in text)
    return 0 < len(text) <= MAX_LENGTH and not text.isascii() and not is_written
