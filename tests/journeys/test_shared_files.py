"""What another program shares with the installed portal, in a real browser whose service worker takes it."""

from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE
from tests.journeys.sign_in import sign_in_once
from tests.journeys.waiting import choose_required, expect_value, expect_values, wait_for_scripts

KEPT = "caches.open('shared').then((cache) => cache.keys()).then((all) => all.length)"

# Stands for the browser's own share: the form that the manifest describes, sent from a page of the portal.
SHARE = """
  async () => {
    await navigator.serviceWorker.register("/service-worker.js");
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((go) => navigator.serviceWorker.addEventListener("controllerchange", go));
    }
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: "/tickets/shared", enctype: "multipart/form-data" });
    for (const [name, value] of [["title", "From the camera"], ["text", "It leaks here."]]) {
      form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    const files = Object.assign(document.createElement("input"), { type: "file", name: "files" });
    const box = new DataTransfer();
    box.items.add(new File(["words"], "leak.txt", { type: "text/plain" }));
    files.files = box.files;
    form.append(files);
    form.append(Object.assign(document.createElement("button"), { id: "share", textContent: "Share" }));
    document.body.prepend(form);
  }
"""


def test_a_share_outlives_the_end_of_the_session(live_portal, open_browser, sign_in):
    page = open_browser(width=360, height=740)
    page.goto(f"{live_portal.portal}/sign-in")
    page.evaluate(SHARE)
    page.click("#share")
    page.wait_for_url("**/sign-in?next=*share*")
    sign_in(page, path=page.url.removeprefix(live_portal.portal))
    page.wait_for_url("**/tickets/new?share=*")
    page.wait_for_selector(".form-choices, #ticket-form")
    if page.locator(".form-choices").count():
        page.click(".form-choices a[href*='form=default']")
    page.wait_for_selector("[data-files] li:has-text('leak.txt')")
    page.reload()
    page.wait_for_selector("[data-files] li:has-text('leak.txt')")
    expect_values(page, subject="From the camera", body="It leaks here.")
    choose_required(page)
    page.click("button:has-text('File ticket')")
    expect(page.locator("#conversation .attachments")).to_contain_text("leak.txt", timeout=1000 * PATIENCE)
    expect_value(page, KEPT, 0)


KEEP = "caches.open('shared').then((cache) => cache.put('/tickets/shared/1', new Response('a picture')))"
# Leaving the page breaks the deletion off. The answer to a real sign-out asks for the same (Clear-Site-Data), which
# Safari before 17 does not know.
BREAK_OFF = """
  caches.delete = () => new Promise(() => {});
  addEventListener("submit", (event) => event.preventDefault());
  document.querySelector("[data-sign-out]").requestSubmit();
"""


def test_the_next_page_deletes_what_signing_out_left(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal)
    page.goto(f"{live_portal.portal}/tickets")
    page.evaluate(KEEP)
    page.evaluate(BREAK_OFF)
    expect_value(page, KEPT, 1)
    page.goto(f"{live_portal.portal}/sign-in")
    expect_value(page, KEPT, 0)
    expect_value(page, "() => localStorage.getItem('shares-left')", None)
    page.evaluate(KEEP)
    page.goto(f"{live_portal.portal}/tickets")
    wait_for_scripts(page)
    expect_value(page, KEPT, 1)  # only signing out deletes it
