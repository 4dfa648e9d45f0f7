"""Two people on one ticket, a dropped connection, and text that looks like script."""

from playwright.sync_api import expect

from tests.journeys.sign_in import DANA, OSCAR, PRIYA, sign_in_once
from tests.journeys.waiting import choose_required, expect_focus, expect_value, let_time_pass


def file_ticket(page, live, subject: str, body: str = "words") -> str:
    """File a ticket; its address."""
    page.goto(f"{live.portal}/tickets/new?form=default")
    choose_required(page)
    page.fill("[name=subject]", subject)
    page.fill("[name=body]", body)
    page.click("button:has-text('File ticket')")
    page.wait_for_selector("#conversation article")
    return page.url


def test_two_customers_type_at_once_and_lose_no_text(live_portal, open_browser):
    dana, oscar = open_browser(), open_browser(width=360, height=740)
    sign_in_once(dana, live_portal, DANA)
    sign_in_once(oscar, live_portal, OSCAR)
    address = file_ticket(dana, live_portal, "Two of us are typing")
    oscar.goto(address)
    dana.fill("#body-reply", "Dana is in the middle of")
    oscar.fill("#body-reply", "Oscar too")
    dana.focus("#body-reply")
    oscar.click("button:has-text('Send reply')")
    dana.wait_for_selector("article:has-text('Oscar too')")
    expect(dana.locator("#body-reply")).to_have_value("Dana is in the middle of")
    expect_focus(dana, "body-reply")
    dana.type("#body-reply", " a sentence", delay=5)
    dana.click("button:has-text('Send reply')")
    oscar.wait_for_selector("article:has-text('Dana is in the middle of a sentence')")
    dana.wait_for_selector("article:has-text('Dana is in the middle of a sentence')")
    for page in (oscar, dana):
        expect(page.locator("article")).to_have_count(3)


def test_the_list_is_live_and_marks_what_is_new(live_portal, open_browser):
    dana, agent = open_browser(), open_browser()
    sign_in_once(dana, live_portal, DANA)
    sign_in_once(agent, live_portal, PRIYA)
    address = file_ticket(dana, live_portal, "Watch this row")
    number = address.rsplit("/", 1)[1].partition("#")[0]
    dana.goto(live_portal.portal + "/tickets")
    expect(dana.locator(f"#ticket-{number}")).not_to_contain_text("New")
    agent.goto(address)
    agent.fill("#body-reply", "Here is your answer")
    agent.click("button:has-text('Send reply')")
    dana.wait_for_selector(f"#ticket-{number}:has-text('New')")
    expect(dana.locator(f"#ticket-{number}")).to_contain_text("Here is your answer")


SHOW_TAB = """(isShown) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => !isShown });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_what_comes_to_a_hidden_tab_is_seen_when_somebody_comes_back(live_portal, open_browser):
    dana, agent = open_browser(), open_browser()
    sign_in_once(dana, live_portal, DANA)
    sign_in_once(agent, live_portal, PRIYA)
    address = file_ticket(dana, live_portal, "Left open in a tab")
    agent.goto(address)
    dana.evaluate(SHOW_TAB, False)
    with dana.expect_request(lambda request: "/conversation" in request.url and "x-unseen" in request.headers):
        agent.fill("#body-reply", "Nobody looks at this yet")
        agent.click("button:has-text('Send reply')")
    dana.wait_for_selector("article:has-text('Nobody looks at this yet')")
    dana.evaluate(SHOW_TAB, True)
    agent.wait_for_selector("article:has-text('Nobody looks at this yet') :text('Seen by')")


RESIZE_AND_SWAP = """() => {
  const box = document.body.appendChild(document.createElement("div"));
  const field = () => Object.assign(document.createElement("textarea"), { id: "resized" });
  box.append(field());
  box.firstChild.style.height = "300px";
  htmx.swap(box, field().outerHTML, { swapStyle: "innerHTML" }, { eventInfo: { target: box, elt: box } });
}"""


def test_a_swap_of_a_resized_field_keeps_to_the_policy(live_portal, open_browser):
    """A browser writes the size of a field that a person resized into its style; open_browser looks for complaints."""
    dana = open_browser()
    sign_in_once(dana, live_portal, DANA)
    dana.goto(f"{live_portal.portal}/account")
    dana.evaluate(RESIZE_AND_SWAP)
    expect_value(dana, "() => document.querySelector('#resized').matches('.htmx-settling, .htmx-added')", False)


def test_a_page_catches_up_after_its_connection_was_away(live_portal, open_browser):
    dana, agent = open_browser(), open_browser()
    sign_in_once(dana, live_portal, DANA)
    sign_in_once(agent, live_portal, PRIYA)
    address = file_ticket(dana, live_portal, "Into the tunnel")
    dana.context.set_offline(True)
    agent.goto(address)
    agent.fill("#body-reply", "Said while you were away")
    agent.click("button:has-text('Send reply')")
    agent.wait_for_selector("article:has-text('Said while you were away')")
    expect(dana.locator("article:has-text('Said while you were away')")).to_have_count(0)
    dana.context.set_offline(False)
    dana.wait_for_selector("article:has-text('Said while you were away')")


PAYLOADS = (
    "<script>fetch('//evil.example')</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><script src=//evil.example></script>',
    "'-alert(1)-'",
    "[link](javascript:alert(1))",
    "[link](JaVaScRiPt&colon;alert(1))",
    "[link](data:text/html,<script>alert(1)</script>)",
    "[link](//evil.example)",
    "![pixel](https://evil.example/pixel.png)",
    '<https://evil.example/" onmouseover=alert(1)>',
    "<iframe src=https://evil.example></iframe>",
    "<style>@import 'https://evil.example';</style>",
    "<link rel=stylesheet href=https://evil.example>",
    "<base href=https://evil.example>",
    "<form action=https://evil.example><button>",
    "<math><mi xlink:href=javascript:alert(1)>",
    "<a href='javas&#99;ript:alert(1)'>x</a>",
    "<details open ontoggle=alert(1)>",
    "<div hx-get=/sign-out hx-trigger=load>",
    "<div data-hx-post=/previews data-hx-trigger=load>",
    "<div hx-on::load=alert(1)>",
    "{{7*7}}{% raw %}${7*7}",
    "<!--><script>alert(1)</script>-->",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "`<script>alert(1)</script>`",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "\u202e\u2066<script>alert(1)</script>",
    "<p id=conversation>",
    "javascript:alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)


def test_message_text_never_runs_as_script(live_portal, open_browser):
    dana, agent = open_browser(), open_browser()
    asked, shown = [], []
    for page, who in ((dana, DANA), (agent, PRIYA)):
        sign_in_once(page, live_portal, who)
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (shown.append(dialog.message), dialog.dismiss()))
    address = file_ticket(
        dana, live_portal, "<script>alert(1)</script> \"'><img src=x onerror=alert(2)>", "\n\n".join(PAYLOADS)
    )
    name = '"><img src=x onerror=alert(1)>.png'
    dana.set_input_files(
        "#files-reply", [{"name": name, "mimeType": "image/png", "buffer": b"<script>alert(1)</script>"}]
    )
    dana.fill("#body-reply", "\n\n".join(reversed(PAYLOADS)))
    dana.click("button:has-text('Preview')")
    dana.wait_for_selector("#preview .prose")
    dana.click("button:has-text('Send reply')")
    dana.wait_for_selector(".attachments")
    for page, path in (
        (dana, "/tickets"),
        (dana, "/tickets?q=script"),
        (agent, "/desk?q=script&view=all"),
        (agent, address),
        (dana, address),
    ):
        page.goto(path if path.startswith("http") else live_portal.portal + path)
        let_time_pass(page, 0.3)
        page.evaluate(
            "document.querySelectorAll('article *').forEach("
            "e => e.dispatchEvent(new MouseEvent('mouseover', {bubbles: true})))"
        )
    assert shown == []
    assert [url for url in asked if not url.startswith((live_portal.portal, live_portal.outside, "data:"))] == []
    dana.wait_for_selector("article .prose a[href]")
    expect(dana.locator("article .prose").locator("script, img, iframe, style, form, svg, [onerror]")).to_have_count(0)
    safe = ", ".join(f"[href^='{scheme}:']" for scheme in ("http", "https", "mailto"))
    expect(dana.locator(f"article .prose a[href]:not({safe})")).to_have_count(0)
    expect(dana.locator("#conversation")).to_have_count(1)
