"""Each engine: drafts, files, selects, print, menus, dialogs, many tabs (make test-browsers)."""

import pytest

from tests.engines.conftest import IS_COMPLETE
from tests.engines.engine import ARROW_DOWN, ARROW_UP, ENTER, ESCAPE
from tests.engines.steps import HAS_SCRIPTS, file_ticket, has_text, sign_in
from tests.journeys.conftest import wait_for
from tests.journeys.sign_in import DANA, PATIENCE, PRIYA

pytestmark = pytest.mark.skipif(not IS_COMPLETE, reason="make test-browsers tries these in each engine")
WRITTEN = "[document.querySelector('[name=subject]').value, document.querySelector('[name=body]').value]"
HALF = ["Half a thought", "to the last word"]
CHOOSE_FILES = """
  const input = document.querySelector("#field-files");
  const box = new DataTransfer();
  for (const name of ["stays.txt", "goes.txt"]) box.items.add(new File(["words"], name, { type: "text/plain" }));
  input.files = box.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
"""
# What an arrow key does to a select in all engines but WebKitGTK, which opens its list.
LOOK_BY_ARROW_KEY = """
  const select = document.querySelector("#set-priority");
  select.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
  select.selectedIndex += select.options[select.selectedIndex + 1] ? 1 : -1;
  select.dispatchEvent(new Event("change", { bubbles: true }));
"""
# A tap on bare page or beside a dialog, as iOS tells it: it gives no click.
TAP_BESIDE = """
  const target = document.querySelector("dialog[open]") || document.querySelector("#ticket h1");
  target.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, clientX: 1, clientY: 1, pointerType: "touch" }));
"""
TABS = 8  # browsers open six connections to a host at once
# Web Locks elect the tab that has the connection; the others wait for its lock.
LISTENING_AND_WAITING = """
  return navigator.locks.query().then(({ held, pending }) => [held, pending].map(
    (locks) => locks.filter(({ name }) => name.startsWith("helpdesk-live-")).length));
"""
# The rules for print, on the screen: neither driver shows what its engine prints.
PRINT = """
  const turn = (rules) => {
    for (const rule of rules) {
      if (rule.media?.mediaText === "print") rule.media.mediaText = "all";
      else if (rule.media?.mediaText === "screen") rule.media.mediaText = "not all";
      if (rule.cssRules) turn(rule.cssRules);
      if (rule.styleSheet) turn(rule.styleSheet.cssRules);
    }
  };
  for (const sheet of document.styleSheets) turn(sheet.cssRules);
"""
PRINTED = """(() => {
  const time = document.querySelector("#conversation time[data-ago]");
  const isShown = (selector) => [...document.querySelectorAll(selector)].some((each) => each.getClientRects().length);
  const written = getComputedStyle(time, "::after").content.replace("attr(title)", time.title); // as Firefox names it
  return [
    Boolean(time.title) && written.includes(time.title),
    isShown("#conversation article"),
    isShown(".site-header, .composer, .message-actions, #team-tools, .ticket-actions button"),
  ];
})()"""


def test_drafts_survive_reload_back_and_forward_and_end_with_the_session(live_portal, engine):
    form, tickets = f"{live_portal.portal}/tickets/new?form=default", f"{live_portal.portal}/tickets"
    sign_in(engine, live_portal, DANA)
    engine.goto(form)
    for name, text in zip(("subject", "body"), HALF, strict=True):
        engine.type(f"[name={name}]", text)
    engine.goto(form)  # at once: nothing waits for a timer
    engine.expect(WRITTEN, HALF)
    engine.goto(tickets)
    engine.run("setTimeout(() => history.back()); return 1")
    engine.wait("location.pathname === '/tickets/new' && document.querySelector('[name=subject]').value")
    engine.expect(WRITTEN, HALF)
    engine.run("setTimeout(() => history.forward()); return 1")
    engine.wait("location.pathname === '/tickets' && document.readyState === 'complete'")
    engine.goto(tickets)
    engine.click("header details[data-menu] summary")
    engine.click("[data-sign-out] button")
    engine.wait("!document.body.dataset.user")
    engine.run("setTimeout(() => history.back()); return 1")
    engine.wait("location.pathname === '/sign-in' || !document.body.dataset.user && !document.querySelector('.list')")
    engine.expect("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))", [])
    assert [each for each in engine.complaints if "409" not in each] == []  # 409 says that a draft was saved elsewhere


def test_files_are_chosen_removed_and_sent_and_the_ticket_is_printed(live_portal, engine):
    sign_in(engine, live_portal, DANA)
    engine.resize(360, 740)
    file_ticket(engine, live_portal, f"Files in {engine.name}", "With a file below.")
    engine.run(CHOOSE_FILES.replace("#field-files", "#composer input[data-upload]"))
    engine.wait("document.querySelector('#composer [aria-label=\"Remove goes.txt\"]')")
    engine.click("#composer [aria-label='Remove goes.txt']")
    engine.type("#body-reply", "One is left")
    engine.click("#composer [data-send=reply]")
    engine.wait(has_text("#conversation .attachments", "stays.txt"))
    engine.expect("document.body.innerText.includes('goes.txt')", False)
    engine.expect("document.documentElement.scrollWidth <= innerWidth", True)
    engine.run(PRINT)
    engine.expect(PRINTED, [True, True, False])
    assert engine.complaints == []


def test_selects_menus_and_dialogs_by_keyboard_and_pointer(live_portal, engine):
    sign_in(engine, live_portal, PRIYA)
    engine.resize(1440, 900)
    engine.goto(f"{live_portal.portal}/desk?view=unassigned")
    engine.click("[data-row] a, a[data-row]")
    engine.wait(f"document.querySelector('#set-priority') && {HAS_SCRIPTS}")
    events = engine.run("return document.querySelectorAll('.event').length")
    is_last = engine.run(
        "const select = document.querySelector('#set-priority'); select.focus();"
        "return !select.options[select.selectedIndex + 1];"
    )
    if engine.name == "webkit":  # its arrow key opens a menu of GTK, which its driver does not see
        engine.run(LOOK_BY_ARROW_KEY)
    else:
        engine.press(ARROW_UP if is_last else ARROW_DOWN)
    engine.wait("document.querySelector('form.control:has(#set-priority) .is-unset')")
    engine.expect("document.querySelectorAll('.event').length", events)
    engine.press(ENTER)
    engine.wait(f"document.querySelectorAll('.event').length > {events}")
    engine.run("document.querySelector('header details[data-menu] summary').focus()")
    engine.press(ENTER)
    engine.wait("document.querySelector('header details[data-menu][open]')")
    engine.press(ESCAPE)
    engine.wait("!document.querySelector('details[data-menu][open]') && document.activeElement.tagName === 'SUMMARY'")
    engine.click("header details[data-menu] summary")
    engine.wait("document.querySelector('details[data-menu][open]')")
    engine.run(TAP_BESIDE)
    engine.wait("!document.querySelector('details[data-menu][open]')")
    engine.click("#ticket h1")
    engine.press_until("?", "document.querySelector('#shortcuts[open]')")
    engine.run(TAP_BESIDE)
    engine.wait("!document.querySelector('dialog[open]')")
    engine.press_until("?", "document.querySelector('#shortcuts[open]')")
    engine.press(ESCAPE)
    engine.wait("!document.querySelector('dialog[open]')")
    assert engine.complaints == []


def test_eight_tabs_of_a_ticket_share_one_connection(live_portal, engine):
    sign_in(engine, live_portal, DANA)
    subject = f"Eight tabs of {engine.name}"
    file_ticket(engine, live_portal, subject, "Opened many times.")
    address = engine.run("return location.href.split('#')[0]")
    for _ in range(TABS - 1):
        engine.open_tab()
        engine.goto(address)
        engine.wait(HAS_SCRIPTS)
    wait_for(lambda: engine.run(LISTENING_AND_WAITING) == [1, TABS - 1], PATIENCE)
    root = live_portal.root("C0TRIAGE001", subject, PATIENCE)
    live_portal.slack("say", user="U0PRIYA0001", channel="C0TRIAGE001", text="To all tabs.", thread_ts=root)
    engine.wait(has_text("article[data-side=team]", "To all tabs."))
    for _ in range(TABS - 1):
        engine.close_tab()
    engine.wait(has_text("article[data-side=team]", "To all tabs."))
    assert engine.complaints == []
