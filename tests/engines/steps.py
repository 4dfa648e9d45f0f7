"""What a person does in every engine: signing in, opening a ticket."""

import json

from tests.engines.engine import TRIES
from tests.journeys.conftest import link_in_newest_mail, mails_to, wait_for
from tests.journeys.sign_in import PATIENCE

HAS_SCRIPTS = "document.documentElement.style.getPropertyValue('--keyboard')"  # set by one of the last modules
IS_TOO_BUSY = "document.querySelector('.error-page')"  # says so and asks to try again


def sign_in(engine, live, email: str) -> None:
    """By the link from the mailbox. A server that is too busy asks to try again."""
    engine.goto(f"{live.portal}/static/favicon.svg")  # nothing that would ask for more without the cookies
    engine.forget()
    sent = len(mails_to(live, email))
    for _ in range(TRIES):
        engine.goto(f"{live.portal}/sign-in")
        engine.type("form[action='/sign-in/link'] input[name=email]", email)
        engine.click("form[action='/sign-in/link'] button")
        if engine.wait(f"location.pathname === '/sign-in/code' ? 'sent' : {IS_TOO_BUSY} && 'too busy'") == "sent":
            break
    engine.goto(wait_for(lambda: link_in_newest_mail(live, email, sent), PATIENCE))
    engine.click("main form button")
    engine.wait("/^.(tickets|desk)/.test(location.pathname)")


def has_text(selector: str, text: str) -> str:
    """An expression: whether an element that matches has this text."""
    return (
        f"[...document.querySelectorAll({json.dumps(selector)})]"
        f".some((each) => each.textContent.includes({json.dumps(text)}))"
    )


def file_ticket(engine, live, subject: str, body: str) -> None:
    """File a ticket by the demo's first form, as who is signed in, and wait for its page."""
    engine.goto(f"{live.portal}/tickets/new?form=default")
    engine.type("[name=subject]", subject)
    engine.type("[name=body]", body)
    engine.run("for (const select of document.querySelectorAll('#ticket-form select')) select.selectedIndex = 1")
    engine.click("#ticket-form button[type=submit]")
    engine.wait(f"{has_text('#conversation article', body)} && {HAS_SCRIPTS}")
