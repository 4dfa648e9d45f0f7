"""Signs people in once each and reuses their cookies."""

import re

from tests.journeys.conftest import Live, link_in_newest_mail, mails_to, wait_for

DANA = "dana@globex.example"
OSCAR = "oscar@globex.example"
PRIYA = "priya@support.northwind.example"
MAYA = "maya@support.northwind.example"
PATIENCE = 90.0  # seconds; right after its start the demo has a hundred deliveries before the mail

_cookies: dict[tuple[str, str], list] = {}


def sign_in_once(page, live: Live, email: str = DANA) -> None:
    """Have ``page``'s browser signed in as ``email``."""
    known = _cookies.get((live.portal, email))
    if known:
        page.context.add_cookies(known)
        return
    page.goto(live.portal + "/sign-in")
    sent = len(mails_to(live, email))
    page.fill("form[action='/sign-in/link'] input[name=email]", email)
    page.click("form[action='/sign-in/link'] button")
    page.goto(wait_for(lambda: link_in_newest_mail(live, email, sent), PATIENCE))
    page.click("main form button")
    page.wait_for_url(re.compile(r"/(tickets|desk)"))
    _cookies[live.portal, email] = page.context.cookies()
