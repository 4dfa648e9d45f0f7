"""Fields and what stands beside them line up, on a phone too."""

from tests.journeys.sign_in import DANA, MAYA, sign_in_once
from tests.journeys.waiting import expect_value

# A page, and what is in one line there.
LINES = (
    ("/settings/people", "form.cluster input[name=q], form.cluster .button"),
    ("/settings/service-levels", "#organization, #organization ~ .button"),
    ("/review", "#by, #review-filters > .button"),
)
DIFFERENT_HEIGHTS = """(selector) => {
  const heights = [...document.querySelectorAll(selector)].map((each) => each.getBoundingClientRect().height);
  return heights.length > 1 ? Math.max(...heights) - Math.min(...heights) : "one of them is missing";
}"""
IS_CUT = """() => {
  const table = document.querySelector(".table-scroll:has(input)");
  return table.scrollWidth > table.clientWidth;
}"""
CUT_NAMES = """() => [...document.querySelectorAll(".queue-people, .queue-people bdi")].filter(
  (each) => each.scrollWidth > each.clientWidth && each.clientWidth).length"""
HAS_EVEN_GAPS = """() => {
  const fields = [...document.querySelectorAll("#ticket-form > .field")].slice(0, 2);
  const [subject, body] = fields.map((each) => each.getBoundingClientRect());
  return Math.round(body.top - subject.bottom) === parseInt(getComputedStyle(fields[0].parentElement).rowGap, 10);
}"""


def test_fields_and_buttons_line_up(live_portal, open_browser):
    page = open_browser(width=360)
    sign_in_once(page, live_portal, MAYA)
    for address, selector in LINES:
        page.goto(live_portal.portal + address)
        expect_value(page, DIFFERENT_HEIGHTS, 0, selector)
    page.goto(live_portal.portal + "/settings/service-levels")
    expect_value(page, IS_CUT, False)
    page.set_viewport_size({"width": 320, "height": 900})
    page.goto(live_portal.portal + "/desk?view=all")
    page.wait_for_selector(".queue-people")
    expect_value(page, CUT_NAMES, 0)
    customer = open_browser(width=360)
    sign_in_once(customer, live_portal, DANA)
    customer.goto(live_portal.portal + "/tickets/new?form=default")
    expect_value(customer, HAS_EVEN_GAPS, True)
