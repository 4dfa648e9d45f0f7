"""A customer who reads Arabic and one who reads Japanese file a ticket, read it and find it again, in a real
browser.
"""

from tests.journeys.conftest import wait_for
from tests.journeys.sign_in import OSCAR, sign_in_once


def choose_language(page, live, code: str) -> None:
    """Press the name of the language below the sign-in page; it holds for this browser."""
    page.goto(f"{live.portal}/sign-in")
    page.click(f"form[action='/language'] button[value='{code}']")
    page.wait_for_selector(f"html[lang='{code}']")


def file_ticket(page, live, subject: str, body: str) -> str:
    """File a ticket with the default form; returns its number."""
    page.goto(f"{live.portal}/tickets/new?form=default")
    for select in page.query_selector_all("#ticket-form select[required]"):
        select.select_option(index=1)
    page.fill("[name=subject]", subject)
    page.fill("[name=body]", body)
    page.click("#ticket-form button.button-primary")
    page.wait_for_selector("#conversation .prose")
    return page.url.rpartition("/")[2]


def overflow_of(page) -> int:
    """How many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def direction_of(page, selector: str) -> str:
    return page.locator(selector).first.evaluate("each => getComputedStyle(each).direction")


def test_a_customer_files_and_reads_in_arabic_on_a_phone(live_portal, open_browser):
    choose_language(open_browser(width=360, height=740), live_portal, "ar")
    page = open_browser(width=360, height=740)
    page.set_extra_http_headers({"Accept-Language": "ar"})
    sign_in_once(page, live_portal, OSCAR)
    number = file_ticket(
        page, live_portal, "الطابعة لا تعمل (VPN)", "لا أستطيع الطباعة منذ الصباح.\n\nPrinter: `HP-7`."
    )
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert direction_of(page, "#conversation .prose") == "rtl" and direction_of(page, "h1") == "rtl"
    assert overflow_of(page) <= 0
    side = "each => each.getBoundingClientRect().right > innerWidth / 2"
    assert page.locator("#conversation .prose p").first.evaluate(side)
    page.goto(f"{live_portal.portal}/tickets?q=طابعة")
    page.wait_for_selector(f"#ticket-{number} mark")
    assert overflow_of(page) <= 0
    page.goto(f"{live_portal.portal}/tickets/new?form=default")
    assert overflow_of(page) <= 0


def test_a_customer_files_and_finds_in_japanese(live_portal, open_browser):
    page = open_browser()
    page.set_extra_http_headers({"Accept-Language": "ja"})
    sign_in_once(page, live_portal, OSCAR)
    number = file_ticket(page, live_portal, "請求書をダウンロードできません", "**「保存」**を押すとエラーになります。")
    assert page.locator("#conversation .prose strong").first.inner_text() == "「保存」"
    assert "年" in page.locator("#conversation time").first.get_attribute("title")
    page.fill("#composer [name=body]", "今は動いています。")
    page.click("#composer button.button-primary")
    assert wait_for(lambda: page.locator("#conversation .prose", has_text="今は動いています。").count() == 1)
    page.goto(f"{live_portal.portal}/tickets?q=ダウンロード")
    page.wait_for_selector(f"#ticket-{number} mark")
