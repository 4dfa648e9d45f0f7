"""In a real browser: drafts keep what was typed, over pages, tabs and devices, and never what was sent or deleted."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import wait_for
from tests.journeys.filing import open_form
from tests.journeys.sign_in import DANA, MAYA, PRIYA, sign_in_once
from tests.journeys.waiting import IS_KEPT, expect_draft_kept, expect_value, expect_values, wait_for_scripts

pytestmark = pytest.mark.journey
# WebKit, HTMLInputElement::resumeFromDocumentSuspension: fields with autocomplete="off" are reset after "back".
AS_SAFARI_EMPTIES_A_KEPT_PAGE = """
  dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  document.querySelector("[name=subject]").value = "";
"""
CHOOSE = """() => {
  const select = document.querySelector("#ticket-form select");
  if (select) select.selectedIndex = 1;
  select?.dispatchEvent(new Event("change", { bubbles: true }));
}"""
CHOSEN = "() => document.querySelector('#ticket-form select')?.selectedIndex ?? 1"  # the first form may have none


def test_a_draft_keeps_selects_ticks_and_text_typed_at_the_last_moment(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, DANA)
    open_form(page, live_portal)
    page.evaluate(CHOOSE)
    page.fill("[name=subject]", "Half a thought")
    page.type("[name=body]", "to the last word")
    page.goto(f"{live_portal.portal}/tickets")  # at once: nothing waits for a timer
    open_form(page, live_portal)
    expect_values(page, subject="Half a thought", body="to the last word")
    expect_value(page, CHOSEN, 1)
    page.evaluate(AS_SAFARI_EMPTIES_A_KEPT_PAGE)
    expect_values(page, subject="Half a thought")


def test_what_one_tab_sent_is_cleared_in_the_other(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=unassigned")
    address = live_portal.portal + page.get_attribute("[data-row] >> nth=0", "href")
    page.goto(address)
    page.fill("#body-reply", "Only once, please.")
    expect_draft_kept(page, "Only once, please.")
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator("#body-reply")).to_have_value("Only once, please.")
    page.click("button:has-text('Send reply')")
    page.wait_for_selector("article:has-text('Only once, please.')")
    expect(other.locator("#body-reply")).to_have_value("")


def test_a_page_that_was_left_before_its_answer_is_no_other_tab(live_portal, open_browser):
    """The answer to a saving comes too late or never; what is typed on is saved, and nothing is asked."""
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=unassigned")
    address = live_portal.portal + page.get_attribute("[data-row] >> nth=0", "href")
    saved, draft = [], page.context.request

    def lose_the_answer(route):
        if route.request.method == "POST" and not saved:
            saved.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/drafts/message-*", lose_the_answer)
    page.goto(address)
    page.type("#body-reply", "First words")
    wait_for(lambda: page.evaluate("1") and saved == [204])
    page.type("#body-reply", " and more")
    name, user = page.input_value("#composer [name=draft_name]"), page.get_attribute("body", "data-user")
    wait_for(lambda: "and more" in draft.get(f"{live_portal.portal}/drafts/{name}?user={user}").text())
    expect(page.locator(".other-draft")).to_have_count(0)
    page.fill("#body-reply", "")


@pytest.mark.parametrize("is_answered", [True, False])
def test_what_was_deleted_stays_deleted_where_that_was_not_saved(live_portal, open_browser, is_answered):
    """The server has the words, by a saving with or without an answer; the page is left before it saves once more."""
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=unassigned")
    address = live_portal.portal + page.get_attribute("[data-row] >> nth=0", "href")
    saved, losing, draft = [], [True], page.context.request

    def lose_deletions(route):
        if route.request.method != "POST":
            route.continue_()
        elif route.request.post_data_json["content"]:
            response = route.fetch()
            saved.append(response.status)
            _ = route.fulfill(response=response) if is_answered else route.abort()
        else:
            _ = route.abort() if losing else route.continue_()

    page.route("**/drafts/message-*", lose_deletions)
    page.goto(address)
    page.type("#body-reply", "Not meant")
    wait_for(lambda: page.evaluate("1") and saved == [204])
    page.fill("#body-reply", "")
    page.reload()
    losing.clear()
    name, user = page.input_value("#composer [name=draft_name]"), page.get_attribute("body", "data-user")

    def is_deleted():
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        return "Not meant" not in draft.get(f"{live_portal.portal}/drafts/{name}?user={user}").text()

    wait_for(is_deleted)
    expect(page.locator("#body-reply")).to_have_value("")
    expect(page.locator(".other-draft")).to_have_count(0)


def test_a_note_goes_on_on_another_device_and_stays_a_note(live_portal, open_browser):
    page, phone = open_browser(), open_browser(width=360)
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=unassigned")
    address = live_portal.portal + page.get_attribute("[data-row] >> nth=0", "href")
    page.goto(address)
    page.click("label[for=compose-note]")
    page.type("#body-note", "Between us")
    sign_in_once(phone, live_portal, PRIYA)
    wait_for(lambda: page.input_value("#composer [name=draft]"))  # saved on the server
    phone.goto(address)
    expect(phone.locator("#composer textarea")).to_have_value("Between us")
    expect(phone.locator("#compose-note")).to_be_checked()
    phone.click("button:has-text('Add note')")
    phone.wait_for_selector("article.message-note:has-text('Between us')")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#composer textarea")).to_have_value("")
    expect(page.locator("#compose-note")).to_be_checked()
    emptied = page.input_value("#composer [name=draft]")
    page.type("#body-note", "Mine")
    wait_for(lambda: page.input_value("#composer [name=draft]") != emptied)
    phone.type("#composer textarea", "Other")
    phone.wait_for_selector(".other-draft:has-text('Mine')")
    expect(phone.locator("#composer textarea")).to_have_value("Other")
    phone.click("button:has-text('Use that text')")
    expect(phone.locator("#body-note")).to_have_value("Mine")
    page.fill("#body-note", "")


def test_what_a_refused_form_said_is_kept_until_it_is_accepted(live_portal, open_browser):
    """Whatever page comes instead, only one that says so takes the words away: here the session has ended."""
    page, address = open_browser(), f"{live_portal.portal}/settings/replies/new"
    sign_in_once(page, live_portal, MAYA)
    page.goto(address)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.fill("[name=title]", "Typed too late")
    page.fill("[name=body]", "And sent too late.")
    page.click("form[data-draft] button:has-text('Save')")
    page.wait_for_selector("h1:has-text('That did not work')")
    wait_for_scripts(page)
    page.context.clear_cookies()
    page.context.add_cookies(cookies)
    page.goto(address)
    expect_values(page, title="Typed too late", body="And sent too late.")
    page.click("form[data-draft] button:has-text('Save')")
    page.wait_for_selector("a:has-text('Typed too late')")
    expect_value(page, IS_KEPT, False, "Typed too late")


# How many different places the sentence, the text and the buttons of the notice begin at, seen from the side.
BEGINNINGS = """() => new Set(Array.from(document.querySelectorAll(".other-draft > *"),
  (each) => Math.round(each.getBoundingClientRect().left))).size"""
FIELDS = "() => Object.fromEntries(new FormData(document.querySelector('form[data-draft]')))"


def test_what_was_changed_meanwhile_is_not_overwritten_unasked(live_portal, open_browser):
    """The form shows what is stored, and above it what was typed before: after a page was left, and after a refusal."""
    page = open_browser()
    sign_in_once(page, live_portal, MAYA)
    page.goto(f"{live_portal.portal}/settings/replies/new")  # one of its own: other journeys insert the others
    page.fill("[name=title]", "Written by two")
    page.fill("[name=body]", "As it was")
    page.click("form[data-draft] button:has-text('Save')")
    address = live_portal.portal + page.get_attribute("a:has-text('Written by two')", "href")

    def save_elsewhere(body):
        stored = page.evaluate(FIELDS) | {"body": body}
        answer = page.request.post(
            address, form={name: stored[name] for name in stored if not name.startswith("draft")}
        )
        assert answer.ok

    page.goto(address)
    page.fill("[name=body]", "Mine")
    expect_draft_kept(page, "Mine")
    save_elsewhere("Theirs")
    page.goto(address)
    notice = page.locator(".other-draft")
    expect(notice).to_contain_text("This was changed after you wrote:")
    expect(notice).to_contain_text("Mine")
    expect_value(page, BEGINNINGS, 1)
    expect_values(page, body="Theirs")
    page.click("button:has-text('Use that text')")
    expect_values(page, body="Mine")
    save_elsewhere("Theirs again")
    page.click("form[data-draft] button:has-text('Save')")
    page.wait_for_selector("[data-error-summary]")
    expect_values(page, body="Mine")
    wait_for_scripts(page)
    page.goto(address)
    expect(notice).to_contain_text("Mine")
    expect_values(page, body="Theirs again")
    page.click("button:has-text('Keep the text below')")
    expect_value(page, IS_KEPT, False, "Mine")
    page.reload()
    wait_for_scripts(page)
    expect_values(page, body="Theirs again")
    expect(notice).to_have_count(0)
