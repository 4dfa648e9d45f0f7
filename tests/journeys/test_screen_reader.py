"""What a screen reader is given: names, roles and states of Chromium's accessibility tree, and what live regions say.

docs/accessibility.md names which criterion each part is about.
"""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE, wait_for
from tests.journeys.sign_in import DANA, MAYA, PRIYA, sign_in_once
from tests.journeys.waiting import choose_required, expect_value, read_now, wait_for_scripts, what_stays

pytestmark = pytest.mark.journey
MS = 1000 * PATIENCE
LANDMARKS = {"banner", "main", "contentinfo"}
PAGES = {
    DANA: ("/tickets", "/tickets/new?form=default", "/account"),
    PRIYA: ("/desk?view=all", "/desk/people", "/notifications", "/account"),
    MAYA: ("/settings/portal", "/settings/people", "/settings/channels", "/review"),
}
if os.environ.get("BROWSERS") != "all":  # the suite looks at some, make test-browsers at all
    PAGES = {PRIYA: ("/desk?view=all",), MAYA: ("/settings/portal", "/review")}
HEAR = """() => {
  window.heard = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const region = (target.nodeType === 1 ? target : target.parentElement)?.closest("[aria-live], [role=alert]");
      if (region) window.heard.push(region.textContent.trim());
    }
    for (const alert of document.querySelectorAll("[role=alert]:not([hidden])")) {
      window.heard.push(alert.textContent.trim());
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""

# The distances of WCAG 1.4.12; a constructed sheet, which the policy allows.
SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""

# Forced colours keep no background: what is current or chosen needs a line that its neighbours do not have.
UNMARKED = """() => {
  const lineOf = (each) => {
    const { outlineStyle, outlineColor, borderBottomColor } = getComputedStyle(each);
    return outlineStyle === "none" ? borderBottomColor : outlineColor + outlineStyle;
  };
  const chosen = "[aria-current], [aria-pressed=true], [aria-selected=true]";
  return [...document.querySelectorAll(chosen)].filter((each) => each.getClientRects().length).filter((each) => {
    const others = [...each.parentElement.children].filter((other) => other.tagName === each.tagName && other !== each);
    return others.some((other) => lineOf(other) === lineOf(each));
  }).map((each) => `${each.outerHTML.slice(0, 80)} is not told apart in forced colours`);
}"""

# The focus is seen on what is current, too, in a colour that every palette tells from the ground.
UNSEEN = """() => {
  const link = document.querySelector(".site-nav a[aria-current]");
  link?.focus();
  const { outlineOffset, outlineColor } = link ? getComputedStyle(link) : {};
  const isSeen = outlineOffset === "2px" && outlineColor === getComputedStyle(document.body).color;
  return isSeen || !link ? [] : ["the focus is not seen on the current link in forced colours"];
}"""

# How many live fragments ask for what is there now.
REFRESH = """() => {
  let sent = 0;
  document.addEventListener("htmx:beforeSend", () => sent++);
  document.querySelectorAll("[data-live]").forEach((each) => htmx.trigger(each, "live:changed"));
  return sent;
}"""


def read_tree(page) -> list[dict]:
    """Role, name, description and properties of every node that a screen reader gets, in its order."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        {
            "role": node.get("role", {}).get("value"),
            "name": node.get("name", {}).get("value", "").strip(),
            "description": node.get("description", {}).get("value", ""),
            **{each["name"]: each["value"].get("value") for each in node.get("properties", [])},
        }
        for node in nodes
        if not node["ignored"]
    ]


def wait_for_node(page, role: str, name: str, **properties) -> dict:
    """The first node of this role with this name and these properties, as soon as the tree has one."""

    def look() -> list[dict]:
        return [
            node
            for node in read_tree(page)
            if node["role"] == role
            and name in node["name"]
            and all(node.get(key) == value for key, value in properties.items())
        ]

    return wait_for(look)[0]


def problems(tree: list[dict]) -> list[str]:
    """What can have the focus and has no name or no role, headings without words, landmarks that are missing."""
    found = [
        f"{node['role']} has no name"
        for node in tree
        if node.get("focusable") and not node["name"] and node["role"] not in ("RootWebArea", "main", "generic")
    ]
    roles = [node["role"] for node in tree]
    found += [f"{name} is not once there" for name in LANDMARKS if roles.count(name) != 1]
    navigation = [node["name"] for node in tree if node["role"] == "navigation"]
    if len(set(navigation)) != len(navigation) or "" in navigation:
        found.append(f"navigations are not told apart: {navigation}")
    levels = [node.get("level", 0) for node in tree if node["role"] == "heading"]
    if levels.count(1) != 1:
        found.append(f"headings: {levels}")
    return found + [
        f"{node['role']} is empty" for node in tree if node["role"] in ("heading", "link") and not node["name"]
    ]


def hear(page, text: str) -> None:
    """Wait until a live region has said ``text``."""
    expect_value(page, "(text) => window.heard.some((said) => said.includes(text))", True, text)


def look(page) -> list[str]:
    """What is wrong with a page: for axe (with targets of 24 px), in the tree, in forced colours, at 400 %, with space."""
    response = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response
    found = [f"{each['id']}: {node['html'][:120]}" for each in response["violations"] for node in each["nodes"]]
    found += problems(read_tree(page))
    page.emulate_media(forced_colors="active")
    found += page.evaluate(UNMARKED) + page.evaluate(UNSEEN)
    page.emulate_media(forced_colors="none")
    page.set_viewport_size({"width": 320, "height": 256})  # 1280 by 1024 at 400 %
    for step in ("at 400 %", "with more space in the text"):
        width = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{step} it is {width} px wide"] if width > 320 else []
        page.evaluate(SPACING)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("document.adoptedStyleSheets = []")
    return found


def test_every_page_for_those_who_hear_it_or_enlarge_it(live_portal, open_browser):
    wrong = {}
    for email, addresses in PAGES.items():
        page = open_browser()
        sign_in_once(page, live_portal, email)
        page.goto(live_portal.portal + addresses[0])
        ticket = read_now(page, "() => document.querySelector('a[data-row]')?.getAttribute('href')")
        for address in (*addresses, *([ticket] if ticket else [])):
            page.goto(live_portal.portal + address)
            wait_for_scripts(page)
            if found := what_stays(lambda: look(page)):
                wrong[f"{email} {address}"] = found
    assert wrong == {}


def test_what_is_said_when_something_changes(live_portal, open_browser):
    """A form fails, files are added, a reply arrives, a dialog and a menu open and close, the palette moves."""
    dana, priya = open_browser(), open_browser()
    sign_in_once(dana, live_portal, DANA)
    sign_in_once(priya, live_portal, PRIYA)
    dana.goto(f"{live_portal.portal}/tickets/new?form=default")
    dana.evaluate(HEAR)
    dana.set_input_files("#field-files", {"name": "a.png", "mimeType": "image/png", "buffer": b"x" * 100})
    hear(dana, "1 file attached")
    wait_for_node(dana, "button", "Remove a.png")
    dana.click("button:has-text('File ticket')")
    hear(dana, "The ticket is not filed yet")
    expect(dana.locator("[data-error-summary]")).to_be_focused(timeout=MS)
    field = wait_for_node(dana, "textbox", "Subject", invalid="true", required=True)
    assert "Say in a few words" in field["description"]
    dana.fill("[name=subject]", "Said aloud")
    dana.fill("[name=body]", "Words.")
    choose_required(dana)
    dana.click("button:has-text('File ticket')")
    dana.wait_for_selector("#conversation article")
    dana.evaluate(HEAR)
    wait_for_node(dana, "status", "", live="polite")

    priya.goto(dana.url.partition("#")[0])
    priya.fill("#body-reply", "Heard in the other browser")
    priya.click("button:has-text('Send reply')")
    hear(dana, "Priya")

    dana.fill("#body-reply", "To be deleted")
    dana.click("button:has-text('Send reply')")
    dana.wait_for_selector("article:has-text('To be deleted')")
    opener = dana.locator("article:has-text('To be deleted') button:has-text('Delete')")
    opener.focus()
    dana.keyboard.press("Enter")
    expect(dana.locator("dialog.confirm button:has-text('Cancel')")).to_be_focused(timeout=MS)
    wait_for_node(dana, "dialog", "?", modal=True)
    sent = read_now(dana, REFRESH)
    assert sent == 0, "what opened the dialog is not replaced meanwhile"
    dana.keyboard.press("Escape")
    expect(opener).to_be_focused(timeout=MS)

    menu = dana.locator(".site-header details[data-menu] summary")
    menu.focus()
    for key, is_open in (("Enter", True), ("Escape", False)):
        dana.keyboard.press(key)
        wait_for(lambda: {n.get("expanded") for n in read_tree(dana) if "your menu" in n["name"]} == {is_open})
    expect(menu).to_be_focused(timeout=MS)

    priya.goto(f"{live_portal.portal}/desk?view=all")
    priya.keyboard.press("Control+k")
    priya.wait_for_selector("#palette-results [role=option]")
    priya.keyboard.press("ArrowDown")
    box = wait_for_node(priya, "combobox", "Go to a ticket", expanded=True)
    assert "activedescendant" in box
    wait_for(lambda: [n.get("selected") for n in read_tree(priya) if n["role"] == "option"].count(True) == 1)
