"""What a screen reader is given: names, roles and states of Chromium's accessibility tree, and what live regions say.

docs/accessibility.md names which criterion each part is about.
"""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE, wait_for
from tests.journeys.sign_in import DANA, MAYA, PRIYA, sign_in_once

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


def find(page, role: str, name: str) -> dict:
    found = [node for node in read_tree(page) if node["role"] == role and name in node["name"]]
    assert found, f"no {role} {name!r}: {[node for node in read_tree(page) if node['role'] == role]}"
    return found[0]


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
    wait_for(lambda: any(text in said for said in page.evaluate("window.heard")))


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
    return found


def test_every_page_for_those_who_hear_it_or_enlarge_it(live_portal, open_browser):
    wrong = {}
    for email, addresses in PAGES.items():
        page = open_browser()
        sign_in_once(page, live_portal, email)
        page.goto(live_portal.portal + addresses[0])
        ticket = page.query_selector("a[data-row]")
        for address in (*addresses, *([ticket.get_attribute("href")] if ticket else [])):
            page.goto(live_portal.portal + address)
            if found := look(page):
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
    assert find(dana, "button", "Remove a.png")
    dana.click("button:has-text('File ticket')")
    hear(dana, "The ticket is not filed yet")
    expect(dana.locator("[data-error-summary]")).to_be_focused(timeout=MS)
    field = find(dana, "textbox", "Subject")
    assert field["invalid"] == "true" and "Say in a few words" in field["description"] and field["required"]
    dana.fill("[name=subject]", "Said aloud")
    dana.fill("[name=body]", "Words.")
    for select in dana.query_selector_all("#ticket-form select[required]"):
        select.select_option(index=1)
    dana.click("button:has-text('File ticket')")
    dana.wait_for_selector("#conversation article")
    dana.evaluate(HEAR)
    assert find(dana, "status", "")["live"] == "polite"

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
    assert find(dana, "dialog", "?")["modal"] is True
    assert dana.evaluate(REFRESH) == 0, "what opened the dialog is not replaced meanwhile"
    dana.keyboard.press("Escape")
    expect(opener).to_be_focused(timeout=MS)

    menu = dana.locator(".site-header details[data-menu] summary")
    menu.focus()
    for key, is_open in (("Enter", True), ("Escape", False)):
        dana.keyboard.press(key)
        state = [node.get("expanded") for node in read_tree(dana) if "your menu" in node["name"]]
        assert is_open in state and (not is_open) not in state
    expect(menu).to_be_focused(timeout=MS)

    priya.goto(f"{live_portal.portal}/desk?view=all")
    priya.keyboard.press("Control+k")
    priya.wait_for_selector("#palette-results [role=option]")
    priya.keyboard.press("ArrowDown")
    box = find(priya, "combobox", "Go to a ticket")
    assert box["expanded"] and "activedescendant" in box
    assert [node.get("selected") for node in read_tree(priya) if node["role"] == "option"].count(True) == 1


def test_a_keyboard_on_the_screen_covers_no_send_button(live_portal, open_browser):
    page = open_browser(width=360, height=740)
    page.add_init_script(
        """{
          const viewport = Object.assign(new EventTarget(), { width: 360, height: 740, offsetTop: 0, scale: 1 });
          Object.defineProperty(window, "visualViewport", { value: viewport });
        }"""
    )
    sign_in_once(page, live_portal, DANA)
    page.goto(f"{live_portal.portal}/tickets")
    page.goto(live_portal.portal + page.get_attribute("a[data-row] >> nth=0", "href"))
    page.focus("#body-reply")
    page.evaluate("document.querySelector('#body-reply').scrollIntoView({ block: 'end', behavior: 'instant' })")
    page.evaluate("Object.assign(visualViewport, { height: 420 }).dispatchEvent(new Event('resize'))")
    box = page.locator("#composer [data-send=reply]").bounding_box()
    assert box["y"] + box["height"] <= 420
    assert page.evaluate("document.documentElement.style.getPropertyValue('--keyboard')") == "320px"
    page.evaluate("Object.assign(visualViewport, { height: 740 }).dispatchEvent(new Event('resize'))")
    assert page.evaluate("document.documentElement.style.getPropertyValue('--keyboard')") == "0px"


LAYOUTS = [
    {"key": "т", "code": "KeyN"},  # Russian
    {"key": "ν", "code": "KeyN"},  # Greek
    {"key": "ى", "code": "KeyN"},  # Arabic
    {"key": "מ", "code": "KeyN"},  # Hebrew
    {"key": "ल", "code": "KeyN"},  # Hindi
    {"key": "N", "code": "KeyN", "modifierCapsLock": True},
]
NOT_KEYS = [
    {"key": "т", "code": "KeyN", "isComposing": True},
    {"key": "Process", "code": "KeyN", "keyCode": 229},
    {"key": "ń", "code": "KeyN", "modifierAltGraph": True},  # Polish
    {"code": "KeyN"},  # what filling in by the browser sends
]


def test_single_keys_on_the_layouts_of_the_world(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=all")
    page.goto(live_portal.portal + page.get_attribute("[data-row] >> nth=0", "href"))

    def focused_after(event: dict) -> str:
        return page.evaluate(
            """(event) => {
              document.activeElement.blur();
              document.body.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...event }));
              return document.activeElement.id;
            }""",
            event,
        )

    assert [event["key"] for event in LAYOUTS if focused_after(event) != "body-note"] == []
    page.click("label[for=compose-reply]")
    assert [event for event in NOT_KEYS if focused_after(event) in ("body-note", "body-reply")] == []
    page.fill("#body-reply", "bold")
    page.evaluate(
        """() => {
          const field = document.querySelector("#body-reply");
          field.select();
          const event = { key: "и", code: "KeyB", ctrlKey: true, bubbles: true, cancelable: true };
          field.dispatchEvent(new KeyboardEvent("keydown", event));
        }"""
    )
    assert page.input_value("#body-reply") == "**bold**"
    for is_composing in (True, False):  # Escape ends what the input method suggests, then it leaves the field
        page.focus("#body-reply")
        page.evaluate(
            """(isComposing) => document.activeElement.dispatchEvent(
              new KeyboardEvent("keydown", { key: "Escape", bubbles: true, isComposing }))""",
            is_composing,
        )
        assert (page.evaluate("document.activeElement.id") == "body-reply") is is_composing
    page.fill("#body-reply", "")
    page.evaluate("document.activeElement.blur(); document.querySelector('#shortcuts').showModal()")
    page.uncheck("#single-keys")
    page.keyboard.press("Escape")
    assert focused_after(LAYOUTS[0]) != "body-note"
