"""Styles and scripts use nothing newer than the minimum of docs/browsers.md, unless something stands in for it."""

import json
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import tinycss2

from tests.conventions import browser_data

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "helpdesk" / "static"
MINIMUM = (109, 115, 16.4)  # Chromium, Firefox, Safari
LEAST = (*MINIMUM, MINIMUM[-1])  # Safari on telephones, too: browser_data.BROWSERS
DECORATION = "decoration"
STYLES = {path.name: path.read_text(encoding="utf-8") for path in sorted((STATIC / "css").glob("*.css"))}
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted((STATIC / "js").glob("*.js"))}
# Of our own objects and HTMX's; elsewhere these are new names.
OURS = {"detail.path", "requestConfig.path", "known.element", "state.queue", "kind.take"}
EVERYTHING = "\n".join([*STYLES.values(), *SCRIPTS.values()])

# What is newer than the minimum, and a text of the styles or scripts that stands in for it; DECORATION may be missing.
FALLBACKS = {
    "light-dark()": "@supports not (color: light-dark(#000, #fff))",
    "color-mix()": "@supports not (color: color-mix(in oklab, #000, #fff))",
    ":has": "@supports not selector(:has(*))",
    "field-sizing": DECORATION,
    "scrollbar-color": DECORATION,
    "scrollbar-gutter": DECORATION,
    "scrollbar-width": DECORATION,
    "text-wrap": DECORATION,
    "text-size-adjust": DECORATION,
    "text-align: match-parent": DECORATION,
    "forced-color-adjust": DECORATION,
    "paint-order": DECORATION,
    "accent-color": DECORATION,
    "overscroll-behavior": DECORATION,
    "cursor": DECORATION,  # telephones have none
    "resize": DECORATION,
    "user-select": "-webkit-user-select: none",
    "AbortSignal.timeout": "ask().catch(({ name }) => !/Timeout|Abort/.test(name))",  # only the name of its error is newer
    ".getLayoutMap": "navigator.keyboard?.getLayoutMap?.()",
    "Navigator.keyboard": "navigator.keyboard?.getLayoutMap?.()",
    "Navigator.userAgentData": "navigator.userAgentData?.platform || navigator.platform",
}


def walk_css(nodes) -> Iterator[tuple[str, list]]:
    """(kind, tokens) of every part: ``selector``, ``declaration:name``, ``at:keyword``."""
    for node in nodes:
        if node.type == "at-rule":
            yield f"at:{node.at_keyword}", node.prelude
            if node.content and node.at_keyword not in ("keyframes", "font-face"):
                yield from walk_css(tinycss2.parse_blocks_contents(node.content, skip_whitespace=True))
        elif node.type == "qualified-rule":
            yield "selector", node.prelude
            yield from walk_css(tinycss2.parse_blocks_contents(node.content, skip_whitespace=True))
        elif node.type == "declaration":
            yield f"declaration:{node.lower_name}", node.value
        else:
            assert node.type == "comment", f"not understood: {node.serialize()}"


def parts(text: str) -> list[tuple[str, list]]:
    return list(walk_css(tinycss2.parse_stylesheet(text, skip_whitespace=True)))


def flatten(tokens) -> Iterator:
    for token in tokens:
        yield token
        yield from flatten(getattr(token, "content", None) or getattr(token, "arguments", None) or [])


def selectors(prelude) -> list[str]:
    """The selectors of a list; commas inside of functions belong to their selector."""
    groups = [[]]
    for token in prelude:
        if token == ",":
            groups.append([])
        else:
            groups[-1].append(token)
    return [tinycss2.serialize(group).strip() for group in groups]


def fragile_lists(text: str) -> list[str]:
    """Lists in which one selector with :has() makes browsers that do not know it drop the others as well."""
    listed = [selectors(tokens) for kind, tokens in parts(text) if kind == "selector"]
    bare = re.compile(r"(?:(?!:is\(|:where\().)*:has\(")  # not inside :is(), which forgives
    return [", ".join(each) for each in listed if len(each) > 1 and any(bare.match(one) for one in each)]


def nested(text: str) -> list[str]:
    return [tinycss2.serialize(tokens) for kind, tokens in parts(text) if kind == "selector" and "&" in tokens]


def test_no_rule_is_nested():
    assert [found for text in STYLES.values() for found in nested(text)] == []
    assert nested(".a { color: red; & .b { color: blue } }") == ["& .b "]


def test_has_takes_no_other_selector_with_it():
    assert [found for text in STYLES.values() for found in fragile_lists(text)] == []
    assert fragile_lists(".a, .b:has(i) { color: red }") and not fragile_lists(":is(.a, .b:has(i)) i { color: red }")


def test_every_colour_with_two_schemes_has_a_light_value_alone():
    tokens = STYLES["tokens.css"]
    two_schemes = set(re.findall(r"(--[\w-]+): light-dark\(", tokens))
    fallback = tokens.split("@supports not")[1]
    assert two_schemes and two_schemes <= set(re.findall(r"(--[\w-]+):", fallback))
    elsewhere = [
        name for name, text in STYLES.items() if re.search(r"--[\w-]+: light-dark\(", text) and name != "tokens.css"
    ]
    assert elsewhere == [], "only tokens.css has colours of two schemes"


def test_every_mixed_colour_has_a_plain_one():
    rules = STYLES["older_browsers.css"].split("color-mix(in oklab, #000, #fff)")[1]
    for name, text in STYLES.items():
        for node in re.findall(r"([^{}]+)\{[^{}]*color-mix\(in oklab, var", text):
            selector = node.split(";")[-1].strip().removeprefix("from").strip() or "@keyframes"
            assert selector == "@keyframes" or name == "tokens.css" or selector in rules, f"{name}: {selector}"


def test_the_document_states_the_same_minimum():
    text = (ROOT / "docs/browsers.md").read_text(encoding="utf-8")
    stated = re.findall(r"^\| \w.*? \| ([\d.]+)(?: ESR)? \| \w+ \d{4} \|$", text, re.M)
    assert [float(found) for found in stated] == list(MINIMUM)
    for feature, fallback in FALLBACKS.items():
        assert fallback == DECORATION or fallback in EVERYTHING, feature


@cache
def css_data() -> dict[str, dict[str, list[tuple[float, ...]]]]:
    """Versions by kind and name: properties, values ("property:value"), functions and units, selectors, at-rules."""
    data, known = browser_data.load()["css"], defaultdict(lambda: defaultdict(list))
    for path, entry in browser_data.entries(data["properties"]):
        known["value" if len(path) > 1 else "property"][":".join(path)].append(browser_data.versions(entry))
    for path, entry in browser_data.entries(data["types"]):
        known["function"][path[-1].removesuffix("_function")].append(browser_data.versions(entry))
    for kind in ("selectors", "at-rules"):
        for path, entry in browser_data.entries(data[kind]):
            known[kind][path[-1] if len(path) < 3 else ":".join(path)].append(browser_data.versions(entry))
    return known


def css_features(text: str) -> Iterator[tuple[str, str, str]]:
    """(kind, name in the data, name in FALLBACKS) of every feature that a style sheet uses."""
    for kind, tokens in parts(text):
        every = list(flatten(tokens))
        if kind == "selector":
            names = [
                after.value if after.type == "ident" else after.name
                for token, after in zip(every, every[1:], strict=False)
                if token == ":" and after.type in ("ident", "function")
            ]
            yield from (("selectors", name, f":{name}") for name in names)
        elif kind.startswith("at:"):
            yield "at-rules", kind[3:], f"@{kind[3:]}"
            yield from (
                ("at-rules", token.value, token.value)
                for token in every
                if token.type == "ident" and kind in ("at:media", "at:container")
            )
        else:
            name = kind.removeprefix("declaration:")
            yield "property", name, name
            for token in every:
                if token.type == "ident":
                    yield "value", f"{name}:{token.value}", f"{name}: {token.value}"
                if token.type == "function":
                    yield "function", token.lower_name, f"{token.lower_name}()"
                    yield "value", f"{name}:{token.lower_name}", f"{name}: {token.lower_name}()"


def is_newer(found: list[tuple[float, ...]]) -> bool:
    """Whether no meaning of the name is as old as the minimum; names that the data does not have are not features."""
    return bool(found) and not any(all(a <= b for a, b in zip(each, LEAST, strict=True)) for each in found)


def newer_css(text: str) -> set[str]:
    return {
        shown
        for kind, name, shown in css_features(text)
        if not name.startswith("-") and is_newer(css_data()[kind].get(name, []))
        if shown not in FALLBACKS and shown.partition(": ")[0] not in FALLBACKS
    }


def test_styles_use_nothing_newer_than_the_minimum():
    assert {name: found for name, text in STYLES.items() if (found := newer_css(text))} == {}
    probe = "@scope (.a) { b { interpolate-size: allow-keywords; width: calc-size(auto, size) } } a:open { color: red }"
    assert {"@scope", "interpolate-size", ":open"} <= newer_css(probe)


@cache
def js_data() -> dict[str, list[tuple[float, ...]]]:
    """Versions by name: "Owner.name" and ".name" for what objects have, "name" for what is global."""
    data, known = browser_data.load(), defaultdict(list)
    for tree in (data["api"], data["javascript"]["builtins"]):
        for path, entry in browser_data.entries(tree):
            found = browser_data.versions(entry)
            name = path[-1].removesuffix("_static").removesuffix("_event")
            if len(path) == 1:
                known[name].append(found)
            else:
                known[f".{name}"].append(found)
                known[f"{path[-2]}.{name}"].append(found)
    return known


def newer_js(files: list[Path]) -> dict[str, set[str]]:
    acorn = browser_data.find_module("acorn")
    if shutil.which("node") is None:
        pytest.skip("WARNING: node is not installed, so newer features of scripts are not looked for.")
    done = subprocess.run(
        ["node", str(Path(__file__).parent / "newer_features.js"), *map(str, files)],
        env={"NODE_PATH": str(acorn.parent), "PATH": str(Path(shutil.which("node")).parent)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"newer than ES2022: {done.stderr}"
    known, newer = js_data(), defaultdict(set)
    for file, used in json.loads(done.stdout).items():
        for name in used["globals"]:
            if is_newer(known.get(name, [])):
                newer[file].add(name)
        for name in used["members"]:
            owner, _, member = name.partition(".")
            owner = {"navigator": "Navigator", "document": "Document", "window": "Window"}.get(owner, owner)
            exact = known.get(f"{owner}.{member}", []) if owner else []
            if f"{owner}.{member}" not in OURS and is_newer(exact or known.get(f".{member}", [])):
                newer[file].add(f"{owner}.{member}")
    return newer


def test_scripts_use_nothing_newer_than_the_minimum(tmp_path):
    found = newer_js(sorted((STATIC / "js").glob("*.js")))
    assert {file: names - set(FALLBACKS) for file, names in found.items() if names - set(FALLBACKS)} == {}
    probe = tmp_path / "probe.js"
    probe.write_text("Promise.withResolvers(); document.startViewTransition(); [1].values().take(1);")
    assert newer_js([probe])["probe.js"] >= {"Promise.withResolvers", "Document.startViewTransition", ".take"}
