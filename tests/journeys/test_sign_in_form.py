"""The sign-in form in a real browser: it is sent even where the browser cannot do its proof of work."""


def test_the_form_is_sent_where_hashes_fail(live_portal, open_browser):
    page = open_browser()
    page.goto(f"{live_portal.portal}/sign-in")
    page.evaluate("() => { crypto.subtle.digest = () => Promise.reject(new Error('no')); }")
    page.fill("form[action='/sign-in/link'] input[name=email]", "nobody@globex.example")
    page.press("form[action='/sign-in/link'] input[name=email]", "Tab")  # the work begins
    page.evaluate("() => new Promise((resolve) => setTimeout(resolve))")  # an error nobody handles is one of the page
    page.click("form[action='/sign-in/link'] button")
    page.wait_for_url("**/sign-in/code")
