"""Convert Slack's emoji names to characters. Pure."""

import re

import emoji

_SLACK_ONLY_NAMES = {
    "simple_smile": "🙂",
    "slightly_smiling_face": "🙂",
    "white_check_mark": "✅",
    "+1": "👍",
    "-1": "👎",
}
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
    found = _SLACK_ONLY_NAMES.get(name) or emoji.emojize(f":{name}:", language="alias")
    skin = _TONE.match(tone)
    if skin and len(found) == 1:
        found += chr(0x1F3FB + int(skin[1]) - 2)
    return found


def strip_skin_tone(name: str) -> str:
    """Return ``name`` without its skin tone."""
    return name.strip(":").partition("::")[0]
