"""Styles and scripts use nothing newer than the minimum of docs/browsers.md, unless something stands in for it.

The versions follow MDN's browser compatibility data: Chromium, Firefox, Safari.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "helpdesk" / "static"
MINIMUM = (112, 117, 16.5)
NOT_YET = 9999.0

# pattern: (Chromium, Firefox, Safari), and what stands in for it where it is newer than the minimum: a text that must
# be in the styles or scripts, or "decoration" for what may be missing.
CSS_FEATURES = {
    r"light-dark\(": ((123, 120, 17.5), "@supports not (color: light-dark(#000, #fff))"),
    r":has\(": ((105, 121, 15.4), 'classList.toggle("composer-note"'),
    r"field-sizing": ((123, NOT_YET, 26.2), "decoration"),
    r"\(scripting:": ((120, 113, 17.0), "decoration"),
    r"scrollbar-gutter": ((94, 97, 18.2), "decoration"),
    r"text-wrap: (balance|pretty)": ((117, 121, 17.5), "decoration"),
    r"@container": ((105, 110, 16.0), ""),
    r"color-mix\(": ((111, 113, 16.2), ""),
    r"@layer": ((99, 97, 15.4), ""),
    r"&": ((112, 117, 16.5), ""),
    r"\bdvh\b|\d(dvh|svh|lvh)\b": ((108, 101, 15.4), ""),
    r"revert-layer": ((99, 97, 15.4), ""),
    r"@property": ((85, 128, 16.4), ""),
    r"@starting-style|allow-discrete": ((117, 129, 17.5), ""),
    r"@scope": ((118, 128, 17.4), ""),
    r"interpolate-size|calc-size\(": ((129, NOT_YET, NOT_YET), ""),
    r"subgrid": ((117, 71, 16.0), ""),
}
JS_FEATURES = {
    r"\.at\(": ((92, 90, 15.4), ""),
    r"\.toSorted\(|\.toReversed\(|\.toSpliced\(": ((110, 115, 16.0), ""),
    r"Object\.groupBy|Map\.groupBy": ((117, 119, 17.4), ""),
    r"Promise\.withResolvers": ((119, 121, 17.4), ""),
    r"structuredClone": ((98, 94, 15.4), ""),
    r"navigator\.locks": ((69, 96, 15.4), ""),
    r"BroadcastChannel": ((54, 38, 15.4), ""),
    r"\.showModal\(": ((37, 98, 15.4), ""),
    r"requestSubmit": ((76, 75, 16.0), ""),
    r"\.togglePopover\(|\.showPopover\(": ((114, 125, 17.0), ""),
    r"Set\.prototype\.union|\.isSubsetOf\(": ((122, 127, 17.0), ""),
    r"Iterator\.prototype|\.values\(\)\.map\(": ((122, 131, 18.4), ""),
    r"startViewTransition": ((111, 144, 18.0), ""),
    r"/v\b(?=[;,.)])": ((112, 116, 17.0), ""),
    r"\?\?=|\|\|=|&&=": ((85, 79, 14.0), ""),
    r"AbortSignal\.any": ((116, 124, 17.4), ""),
}


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


CSS = {path.name: without_comments(path.read_text(encoding="utf-8")) for path in (STATIC / "css").glob("*.css")}
JS = {path.name: without_comments(path.read_text(encoding="utf-8")) for path in (STATIC / "js").glob("*.js")}
EVERYTHING = "\n".join([*CSS.values(), *JS.values()])


def is_newer(versions: tuple[float, ...]) -> bool:
    return any(version > least for version, least in zip(versions, MINIMUM, strict=True))


def used_in(pattern: str, files: dict[str, str]) -> list[str]:
    return [name for name, text in files.items() if re.search(pattern, text)]


@pytest.mark.parametrize(("pattern", "entry"), [*CSS_FEATURES.items()])
def test_a_newer_feature_of_styles_has_something_in_its_place(pattern, entry):
    versions, fallback = entry
    if is_newer(versions) and (files := used_in(pattern, CSS)):
        assert fallback, f"{pattern} in {files} is newer than the minimum {MINIMUM}"
        assert fallback == "decoration" or fallback in EVERYTHING


@pytest.mark.parametrize(("pattern", "entry"), [*JS_FEATURES.items()])
def test_a_newer_feature_of_scripts_has_something_in_its_place(pattern, entry):
    versions, fallback = entry
    if is_newer(versions) and (files := used_in(pattern, JS)):
        assert fallback and fallback in EVERYTHING, f"{pattern} in {files} is newer than the minimum {MINIMUM}"


def test_every_colour_with_two_schemes_has_a_light_value_alone():
    tokens = CSS["tokens.css"]
    two_schemes = set(re.findall(r"(--[\w-]+): light-dark\(", tokens))
    fallback = tokens.split("@supports not")[1]
    assert two_schemes and two_schemes <= set(re.findall(r"(--[\w-]+):", fallback))
    elsewhere = [name for name, text in CSS.items() if "light-dark(" in text and name != "tokens.css"]
    assert elsewhere == [], "only tokens.css has colours of two schemes"


def test_the_document_states_the_same_minimum():
    text = (ROOT / "docs/browsers.md").read_text(encoding="utf-8")
    assert [float(found) for found in re.findall(r"^\| \w.*? \| ([\d.]+) \| \w+ \d{4} \|$", text, re.M)] == list(
        MINIMUM
    )
