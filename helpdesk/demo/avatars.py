"""Draws a small SVG portrait per person, always the same for the same name."""

import hashlib

from helpdesk.demo import personas

_SKIN_COLORS = ("#f6d7bd", "#eac09c", "#d39d72", "#a9714b", "#7b4b30", "#f2cbb0")
_HAIR_COLORS = ("#2b2320", "#4a3222", "#7a4e2a", "#b98543", "#3b3f4a", "#8a2f23", "#9a9a96")
_HAIR_SHAPES = (
    '<path d="M22 40c0-16 8-24 18-24s18 8 18 24c-3-8-8-12-18-12s-15 4-18 12z" fill="{hair}"/>',
    '<path d="M20 56V38c0-14 9-22 20-22s20 8 20 22v18h-7V38c-4-2-8-6-10-9-3 4-9 8-16 9v18z" fill="{hair}"/>',
    '<path d="M24 34c2-13 9-17 17-17 9 0 15 5 16 17-6-6-13-8-16-7-6 0-12 2-17 7z" fill="{hair}"/>'
    '<circle cx="40" cy="14" r="6" fill="{hair}"/>',
    '<path d="M23 38c-1-14 7-21 18-21 6 0 15 3 16 14l-1 7c-2-5-4-8-6-9-9 3-18 2-22 0-3 2-4 5-5 9z" fill="{hair}"/>',
)
_ACCESSORY_SHAPES = (
    "",
    '<g fill="none" stroke="#33302e" stroke-width="1.4"><circle cx="33.5" cy="41" r="4.6"/>'
    '<circle cx="46.5" cy="41" r="4.6"/><path d="M38 41h4"/></g>',
    "",
    '<path d="M29 48c2 9 6 12 11 12s9-3 11-12c-4 4-7 3-11 3s-7 1-11-3z" fill="{hair}" opacity=".9"/>',
)


def render_avatar(name: str, hue: int, look: str = "") -> str:
    """A portrait as an SVG document, 80 by 80.

    `hue` (0 to 360) colours it; `look` is two digits, hair and extra.
    """
    bits = hashlib.sha256(name.encode()).digest()
    hair = _HAIR_COLORS[bits[1] % len(_HAIR_COLORS)]
    skin = _SKIN_COLORS[bits[0] % len(_SKIN_COLORS)]
    top = _HAIR_SHAPES[(int(look[0]) if look else bits[2]) % len(_HAIR_SHAPES)].format(hair=hair)
    extra = _ACCESSORY_SHAPES[(int(look[1]) if look else bits[3]) % len(_ACCESSORY_SHAPES)].format(hair=hair)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80" width="80" height="80">'
        f'<rect width="80" height="80" fill="hsl({hue} 55% 82%)"/>'
        f'<path d="M12 80c1-15 12-20 28-20s27 5 28 20z" fill="hsl({hue} 42% 42%)"/>'
        f'<path d="M34 54h12v9c-3 4-9 4-12 0z" fill="{skin}"/><path d="M34 58c4 3 8 3 12 0v4c-3 3-9 3-12 0z" '
        f'opacity=".12"/>'
        f'<ellipse cx="40" cy="41" rx="15" ry="17.5" fill="{skin}"/>{top}'
        '<circle cx="34" cy="41" r="1.6" fill="#33302e"/><circle cx="46" cy="41" r="1.6" fill="#33302e"/>'
        f'<path d="M35 {48 + bits[4] % 2}c3 {3 + bits[5] % 3} 7 {3 + bits[5] % 3} 10 0" fill="none" stroke="#7c3f33" '
        f'stroke-width="1.6" stroke-linecap="round"/>{extra}</svg>'
    )


def get_avatar(key: str) -> str:
    """The portrait of a person by address or Slack id, or of the app itself.

    Unknown keys get a neutral one.
    """
    if key == personas.BOT_USER_ID:
        return _render_bot_avatar()
    try:
        person = personas.get_person(key)
    except KeyError:
        return render_avatar(key, 215)
    return render_avatar(person.name, person.hue, person.look)


def _render_bot_avatar() -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80" width="80" height="80">'
        '<rect width="80" height="80" fill="#234a6b"/><path d="M40 12v10" stroke="#cfe3f3" stroke-width="3"/>'
        '<circle cx="40" cy="11" r="4" fill="#f2b84b"/><rect x="17" y="22" width="46" height="36" rx="11" '
        'fill="#e8f1f8"/>'
        '<circle cx="31" cy="38" r="5" fill="#234a6b"/><circle cx="49" cy="38" r="5" fill="#234a6b"/>'
        '<path d="M30 48c5 5 15 5 20 0" fill="none" stroke="#234a6b" stroke-width="3" stroke-linecap="round"/>'
        '<path d="M26 64h28v16H26z" fill="#cfe3f3"/></svg>'
    )
