"""A mail is readable on a telephone, also in a program that drops its style blocks."""

import dataclasses
import re

from playwright.sync_api import expect

from helpdesk.channels.email.render import compose, message_types, sample_messages
from tests.journeys.waiting import expect_value

CODE = "SELECT id, customer, product FROM exports WHERE created_at > '2026-11-01' ORDER BY id"
ADDRESS = "https://files.northwind.example/exports/2026/11/28/0123456789abcdef0123456789abcdef0123456789abcdef.csv"
BODY = f"""Three columns:

| Product identifier | Affected customers | Expected resolution |
|---|---|---|
| NORTHWIND-EXPORT-SERVICE-2026 | Globex, Initech, Umbra Laboratories | next_maintenance_window |

```sql
{CODE}
```

{ADDRESS}

> {"quoted_without_a_space_" * 6}
"""
WIDTHS = "() => [document.documentElement.scrollWidth, ...[...document.querySelectorAll('td, th')].map(cell =>" + (
    "getComputedStyle(cell).borderTopWidth)]"
)

IS_CODE_WHOLE = """() => {
  const code = document.querySelector("pre");
  return code.scrollWidth <= code.clientWidth;
}"""


def test_a_mail_with_a_table_code_and_a_long_link_fits_a_telephone(open_browser):
    sample = sample_messages.sample_mails()["reply"]
    answer = dataclasses.replace(sample.messages[0], body=BODY, html="")
    assert isinstance(sample, message_types.Reply)
    mail = compose.build_preview(dataclasses.replace(sample, messages=(answer,)))
    page = open_browser(width=320)
    for html in (mail.html, re.sub(r"<style.*?</style>", "", mail.html, flags=re.DOTALL)):
        page.set_content(html)
        width, *borders = page.evaluate(WIDTHS)
        assert width <= 320
        assert "1px" in borders, "a table has lines"
        expect_value(page, IS_CODE_WHOLE, True)
        expect(page.locator("pre").first).to_contain_text(CODE)
    table = [line for line in mail.text.splitlines() if "Globex, Initech" in line]
    assert table and "next_maintenance_window" in mail.text and f"    {CODE}" in mail.text and ADDRESS in mail.text
