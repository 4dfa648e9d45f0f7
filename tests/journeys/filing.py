"""Files tickets through the portal, for journeys that begin with a new one."""

from tests import timeouts
from tests.journeys.conftest import Live
from tests.journeys.waiting import choose_a_form

ANSWER_THE_REST = """() => {
  for (const field of document.querySelectorAll("#ticket-form [required]")) {
    if (field.tagName === "SELECT") field.selectedIndex = field.options.length - 1;
    else field.value ||= "words";
  }
}"""


def open_form(page, live: Live) -> None:
    """Open the first form of a new ticket."""
    page.goto(f"{live.portal}/tickets/new")
    choose_a_form(page)


def file_ticket(page, live: Live, subject: str) -> str:
    """The number of a new ticket, filed by who is signed in in ``page``."""
    open_form(page, live)
    page.fill("[name=subject]", subject)
    page.fill("[name=body]", "words")
    page.evaluate(ANSWER_THE_REST)
    page.click("button:has-text('File ticket')")
    page.wait_for_selector("#ticket", timeout=timeouts.LIMIT * 1000)
    return page.get_attribute("#ticket", "data-number")
