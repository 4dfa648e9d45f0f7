"""A customer who reads Arabic and one who reads Japanese file a ticket, read it and find it again, in a real
browser.
"""

import re

from playwright.sync_api import expect

from tests.journeys.sign_in import OSCAR, sign_in_once
from tests.journeys.waiting import choose_required, expect_no_overflow, expect_value

IS_ON_THE_RIGHT = """() => {
  const words = document.querySelector("#conversation .prose p");
  return Boolean(words) && words.getBoundingClientRect().right > innerWidth / 2;
}"""

# The last item, which is English in an Arabic list.
IS_BESIDE_ITS_BULLET = """() => {
  const [range, item] = [document.createRange(), document.querySelector("#conversation .prose li:last-child")];
  range.selectNodeContents(item);
  return Math.abs(range.getBoundingClientRect().right - item.getBoundingClientRect().right) < 2;
}"""


def choose_language(page, live, code: str) -> None:
    """Press the name of the language below the sign-in page; it holds for this browser."""
    page.goto(f"{live.portal}/sign-in")
    page.click(f"form[action='/language'] button[value='{code}']")
    page.wait_for_selector(f"html[lang='{code}']")


def file_ticket(page, live, subject: str, body: str) -> str:
    """File a ticket with the default form; returns its number."""
    page.goto(f"{live.portal}/tickets/new?form=default")
    choose_required(page)
    page.fill("[name=subject]", subject)
    page.fill("[name=body]", body)
    page.click("#ticket-form button.button-primary")
    page.wait_for_selector("#conversation .prose")
    return page.url.rpartition("/")[2]


def test_a_customer_files_and_reads_in_arabic_on_a_phone(live_portal, open_browser):
    choose_language(open_browser(width=360, height=740), live_portal, "ar")
    page = open_browser(width=360, height=740)
    page.set_extra_http_headers({"Accept-Language": "ar"})
    sign_in_once(page, live_portal, OSCAR)
    number = file_ticket(
        page, live_portal, "الطابعة لا تعمل (VPN)", "لا أستطيع الطباعة منذ الصباح.\n\nPrinter: `HP-7`.\n\n- واحد\n- two"
    )
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for selector in ("#conversation .prose", "h1"):
        expect(page.locator(selector).first).to_have_css("direction", "rtl")
    expect_no_overflow(page)
    expect_value(page, IS_ON_THE_RIGHT, True)
    expect_value(page, IS_BESIDE_ITS_BULLET, True)
    page.goto(f"{live_portal.portal}/tickets?q=طابعة")
    page.wait_for_selector(f"#ticket-{number} mark")
    expect_no_overflow(page)
    page.goto(f"{live_portal.portal}/tickets/new?form=default")
    expect_no_overflow(page)
    lead = page.locator(".lead[dir=auto]")  # English words of the demo: they begin where the page begins
    expect(lead).to_have_css("direction", "ltr")
    expect(lead).to_have_css("text-align", re.compile("right$"))


def test_a_customer_files_and_finds_in_japanese(live_portal, open_browser):
    page = open_browser()
    page.set_extra_http_headers({"Accept-Language": "ja"})
    sign_in_once(page, live_portal, OSCAR)
    number = file_ticket(page, live_portal, "請求書をダウンロードできません", "**「保存」**を押すとエラーになります。")
    expect(page.locator("#conversation .prose strong").first).to_have_text("「保存」")
    expect(page.locator("#conversation time").first).to_have_attribute("title", re.compile("年"))
    page.fill("#composer [name=body]", "今は動いています。")
    page.click("#composer button.button-primary")
    expect(page.locator("#conversation .prose", has_text="今は動いています。")).to_have_count(1)
    page.goto(f"{live_portal.portal}/tickets?q=ダウンロード")
    page.wait_for_selector(f"#ticket-{number} mark")
