"""Readable colours: the installation's accent, corrected until its contrast is sufficient.

The rules are those of WCAG 2.2, 1.4.3 (text) and 1.4.11 (controls).
"""

import colorsys

MIN_TEXT_CONTRAST = 4.5  # contrast of text and background that WCAG requires at level AA
# The grounds of pages on which the accent is text: those of static/css/tokens.css that contrast least with it.
LIGHT_GROUNDS = ("#ffffff", "#f2f0ec")
DARK_GROUNDS = ("#1d1f22", "#25282c")
TINT = 0.1  # of the accent, in the ground of the team's messages (--accent-soft), a little more than there


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours "#rrggbb", from 1 to 21 (WCAG's formula with relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(color: str, ground: str) -> str:
    """Return ``color``, made darker or lighter in steps until it is readable as text on ``ground``."""
    hue, light, saturation = colorsys.rgb_to_hls(*_parts(color))
    step = -0.02 if _luminance(ground) > 0.4 else 0.02
    while contrast(color, ground) < MIN_TEXT_CONTRAST and (light > 0 if step < 0 else light < 1):
        light = min(1.0, max(0.0, light + step))
        color = "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, light, saturation))
    return color


def readable_on_pages(color: str, grounds: tuple[str, ...]) -> str:
    """Return ``color``, changed until it is readable on each of ``grounds`` and on the first one tinted with itself."""
    for _ in range(60):
        worst = min((*grounds, _mix(color, grounds[0])), key=lambda ground: contrast(color, ground))
        if contrast(color, worst) >= MIN_TEXT_CONTRAST:
            break
        hue, light, saturation = colorsys.rgb_to_hls(*_parts(color))
        light = min(1.0, max(0.0, light + (-0.02 if _luminance(grounds[0]) > 0.4 else 0.02)))
        color = "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, light, saturation))
    return color


def text_color_on(background: str) -> str:
    """White or black, whichever contrasts more with ``background``."""
    return max(("#ffffff", "#000000"), key=lambda text: contrast(text, background))


def theme(accent: str) -> str:
    """Build the style sheet with the installation's accent and the text colour on it, for light and dark scheme.

    ``accent`` is "#rrggbb".
    """
    light, dark = readable_on_pages(accent, LIGHT_GROUNDS), readable_on_pages(accent, DARK_GROUNDS)
    on_light, on_dark = text_color_on(light), text_color_on(dark)
    return (
        f":root{{--accent:{light};--on-accent:{on_light}}}\n"
        f"@supports (color:light-dark(#000,#fff)){{"
        f":root{{--accent:light-dark({light},{dark});--on-accent:light-dark({on_light},{on_dark})}}}}\n"
    )


def _mix(color: str, ground: str) -> str:
    """``ground`` with TINT of ``color``."""
    mixed = (TINT * one + (1 - TINT) * other for one, other in zip(_parts(color), _parts(ground), strict=True))
    return "#" + "".join(f"{round(part * 255):02x}" for part in mixed)


def _parts(color: str) -> tuple[float, ...]:
    return tuple(int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))


def _luminance(color: str) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
