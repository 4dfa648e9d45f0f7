"""Filing a ticket in a real browser: files, preview, mistakes, drafts, a slow network, and no script at all."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE
from tests.journeys.sign_in import sign_in_once
from tests.journeys.waiting import choose_required, expect_draft_kept, expect_value, expect_values, wait_for_scripts

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cf500f00038601802f5b5d4e0000000049454e44ae426082"
)

WIDTH_OF_PICTURE = """() => {
  const picture = document.querySelector(".attachments img");
  return picture?.complete && picture.naturalWidth;
}"""


def open_form(page, live, query: str = ""):
    page.goto(f"{live.portal}/tickets/new?form=default{query}")
    choose_required(page)
    return page


def expect_one_ticket(page, live, subject: str) -> None:
    """Wait until the list shows one ticket with ``subject``."""
    page.goto(f"{live.portal}/tickets?sort=created")
    expect(page.locator("li[id^=ticket-]", has_text=subject)).to_have_count(1)


def test_files_are_chosen_dropped_pasted_removed_and_sent(live_portal, open_browser):
    page = open_browser(width=360, height=740)
    sign_in_once(page, live_portal)
    open_form(page, live_portal)
    page.set_input_files("#field-files", [{"name": "log.txt", "mimeType": "text/plain", "buffer": b"words"}])
    page.evaluate(
        """bytes => {
          const box = new DataTransfer();
          box.items.add(new File([new Uint8Array(bytes)], "shot.png", { type: "image/png" }));
          const form = document.querySelector("#ticket-form");
          form.querySelector("[name=body]").dispatchEvent(new ClipboardEvent(
            "paste", { clipboardData: box, bubbles: true, cancelable: true }));
          const drop = new DataTransfer();
          drop.items.add(new File(["x"], "dropped.csv", { type: "text/csv" }));
          form.dispatchEvent(new DragEvent("drop", { dataTransfer: drop, bubbles: true, cancelable: true }));
        }""",
        list(PNG),
    )
    page.wait_for_selector("[data-files] li:has-text('dropped.csv')")
    page.click("[aria-label='Remove log.txt']")
    page.click("button:has-text('File ticket')")
    page.wait_for_selector("[data-error-summary]")
    expect(page.locator("[data-error-summary]")).to_be_focused(timeout=1000 * PATIENCE)
    for name in ("shot.png", "dropped.csv"):
        expect(page.locator("[data-files]")).to_contain_text(name)
    expect(page.locator("[data-files]")).not_to_contain_text("log.txt")
    page.fill("[name=subject]", "Screens are upside down")
    page.fill("[name=body]", "All **three** of them.")
    page.click("button:has-text('Preview')")
    page.wait_for_selector("#preview strong:has-text('three')")
    page.click("button:has-text('File ticket')")
    page.wait_for_selector("#conversation .attachments")
    expect(page.locator(".attachments a")).to_have_count(2)
    expect_value(page, WIDTH_OF_PICTURE, 1)
    with page.expect_download() as download:
        page.click(".attachments a:has-text('dropped.csv')")
    assert download.value.suggested_filename == "dropped.csv"


def test_double_click_on_a_slow_network_files_one_ticket(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal)
    open_form(page, live_portal, "&subject=Hurried+on+a+slow+line&body=words")
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    line.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#field-files", [{"name": "big.bin", "mimeType": "application/x", "buffer": b"x" * 60_000}])
    page.evaluate("for (let i = 0; i < 3; i++) document.querySelector('#ticket-form .button-primary').click()")
    page.wait_for_selector("#ticket-form progress:not([hidden])", state="attached")
    page.wait_for_selector("#conversation .attachments", timeout=60_000)
    line.send(
        "Network.emulateNetworkConditions", slow | {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    )
    expect_one_ticket(page, live_portal, "Hurried on a slow line")


def test_a_draft_survives_a_closed_tab_until_it_is_filed(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal)
    open_form(page, live_portal)
    page.fill("[name=subject]", "Half a thought")
    page.fill("[name=body]", "and then the phone rang")
    expect_draft_kept(page, "and then the phone rang")
    again = page.context.new_page()
    page.close()
    open_form(again, live_portal)
    expect_values(again, subject="Half a thought", body="and then the phone rang")
    again.click("button:has-text('File ticket')")
    again.wait_for_selector("#conversation article")
    open_form(again, live_portal)
    wait_for_scripts(again)
    expect_values(again, subject="")


def test_lost_connection_loses_no_typed_text(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal)
    open_form(page, live_portal, "&subject=Sent+from+a+tunnel&body=words")
    page.context.set_offline(True)
    page.click("button:has-text('File ticket')")
    page.wait_for_selector("#ticket-form [data-request-error]")
    expect_values(page, subject="Sent from a tunnel")
    page.context.set_offline(False)
    page.click("button:has-text('File ticket')")
    page.wait_for_selector("#conversation article")
    expect_one_ticket(page, live_portal, "Sent from a tunnel")


def test_similar_tickets_are_shown_while_typing(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal)
    open_form(page, live_portal, "&subject=The+espresso+grinder+screams&body=words")
    page.click("button:has-text('File ticket')")
    page.wait_for_selector("#conversation article")
    open_form(page, live_portal)
    page.type("[name=subject]", "espresso grinder", delay=15)
    page.wait_for_selector("#similar a:has-text('espresso grinder screams')")
    expect_values(page, subject="espresso grinder")


@pytest.mark.parametrize("width", [360, 1280])
def test_without_javascript_everything_works(live_portal, open_browser, width):
    page = open_browser(width=width, javascript=False)
    sign_in_once(page, live_portal)
    open_form(page, live_portal)
    page.set_input_files("#field-files", [{"name": "kept.txt", "mimeType": "text/plain", "buffer": b"words"}])
    page.fill("[name=body]", "No script here.")
    page.click("button:has-text('File ticket')")
    page.wait_for_selector(".error-summary:has-text('Say in a few words')")
    expect(page.locator(".kept-uploads")).to_contain_text("kept.txt")
    page.fill("[name=subject]", f"Plain browser at {width}")
    page.click("button:has-text('File ticket')")
    page.wait_for_url(re.compile(r"/tickets/\d+$"))
    expect(page.locator(".attachments a:has-text('kept.txt')")).to_have_count(1)
    page.fill("#body-reply", "One more thing")
    page.click("button:has-text('Send reply')")
    expect(page.locator("article:has-text('One more thing')")).to_have_count(1)
    page.click("button:has-text('Mark as solved')")
    page.wait_for_selector("#ticket[data-status=solved]")
    page.check("#rating input[value='4']")
    page.click("button:has-text('Send rating')")
    page.wait_for_selector("#rating:has-text('4 out of 5')")
    page.click("button:has-text('Reopen')")
    page.wait_for_selector("#ticket[data-status=open]")
    page.goto(live_portal.portal + "/tickets")
    page.fill("[name=q]", f"plain {width}")
    page.click("form.filters button:has-text('Search')")
    page.wait_for_url(re.compile(r"[?&]q=plain"))
    expect(page.locator("li[id^=ticket-]")).to_have_count(1)
    page.click("nav a:has-text('Solved')")
    page.wait_for_selector("#ticket-list:has-text('Nothing matches')")
