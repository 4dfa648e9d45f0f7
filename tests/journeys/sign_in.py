"""Signs people in and reuses their cookies while their sign-in counts as recent."""

import re
import time

from helpdesk.domain.authentication import second_factor
from tests.journeys.conftest import Live, link_in_newest_mail, mails_to, wait_for

DANA = "dana@globex.example"
OSCAR = "oscar@globex.example"
PRIYA = "priya@support.northwind.example"
MAYA = "maya@support.northwind.example"
PATIENCE = 90.0  # seconds; right after its start the demo has a hundred deliveries before the mail

# What concerns access asks for a sign-in that is not older than RECENT_PROOF; a test may begin just before.
REUSED_SECONDS = second_factor.RECENT_PROOF.total_seconds() / 2

_cookies: dict[tuple[str, str], tuple[float, list]] = {}  # when they were given, and what


def sign_in_once(page, live: Live, email: str = DANA) -> None:
    """Have ``page``'s browser signed in as ``email``, by cookies that were given already where they are new enough."""
    given_at, known = _cookies.get((live.portal, email), (0.0, []))
    if known and time.monotonic() < given_at + REUSED_SECONDS:
        page.context.add_cookies(known)
        return
    begun_at = time.monotonic()
    page.goto(live.portal + "/sign-in")
    sent = len(mails_to(live, email))
    page.fill("form[action='/sign-in/link'] input[name=email]", email)
    page.click("form[action='/sign-in/link'] button")
    page.goto(wait_for(lambda: link_in_newest_mail(live, email, sent), PATIENCE))
    page.click("main form button")
    page.wait_for_url(re.compile(r"/(tickets|desk)"))
    _cookies[live.portal, email] = begun_at, page.context.cookies()
