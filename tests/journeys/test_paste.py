"""Code, logs and paths that are pasted stay as they are; other text is pasted as text. In a real browser."""

import pytest

from tests.journeys.sign_in import sign_in_once
from tests.journeys.test_portal_filing import open_form

CODE = [
    "2026-11-04 10:00:01 INFO started\n2026-11-04 10:00:02 ERROR *boom*",
    "[main]: started\n[worker]: stopped",
    "Nov  4 10:00:01 host sshd[123]: Failed password\nNov  4 10:00:02 host sshd[124]: ok",
    "10:00:01.123 [main] DEBUG a.b.C - hi",
    '10.0.0.1 - - [04/Nov/2026:10:00:01 +0000] "GET / HTTP/1.1" 200 12',
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    x()\nValueError: *x*',
    "java.lang.NullPointerException: x\n\tat a.b.C.d(C.java:1)\n\tat a.b.E.<init>(E.java:2)",
    "TypeError: x is not a function\n    at Object.<anonymous> (/a/b.js:1:2)",
    "panic: runtime error\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:3 +0x1",
    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b",
    "SELECT *\nFROM users u\nWHERE u.name LIKE '%_x_%'\nORDER BY 1",
    "C:\\Users\\_dana_\\*.txt",
    "C:\\Program Files\\_app_\\bin\\x.exe",
    "/var/log/_app_/*.log",
    "\\\\server\\share\\_x_",
    "2*3*4",
    "a = b*c*d + e**2",
    '{\n  "a": "*b*",\n  "c": [1, 2]\n}',
    "services:\n  web:\n    image: a_b\n    ports:\n      - 80:80",
    "[section]\nkey=value_a_b\nother=*",
    '<div>\n  <p class="x">hi</p>\n</div>',
    "def f(x):\n    return x*2*3\n\nfor a in b:\n    print(a)",
    "const a = 1;\nfunction f() {\n  return a * 2;\n}",
    "$ curl -s https://a.b/x_y_z \\\n  -H 'A: b'",
    ">>> 2*3*4\n24",
    "^(?:a|b)*\\d+\\.\\*$",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "id,name,value\n1,a_b,*\n2,c_d,_",
    "drwxr-xr-x 2 root root 4096 Nov  4 10:00 a_b\n-rw-r--r-- 1 root root 0 Nov  4 10:00 c_d",
]
TEXT = [
    "Hello Dana,\n\nthe oven burns since noon. Please help!\n\nBest,\nEllen",
    "Select a plan from the list; then update it.",
    "- one\n- two\n- three",
    "# Title\n\nSome *text* with **bold**.",
    "https://a.example/x_y_z",
    "> he said\n> she said",
    "Globex GmbH\nMain Street 12\n12345 Berlin\nPhone: +49 30 123",
    "12345",
    "snake_case_name",
    "```\ncode();\n```",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "Guten Tag,\n\nbitte prüfen Sie (wie besprochen) die Rechnung: Nr. 12.\nDanke!",
    "お世話になっております。\n保存を押すとエラーになります。",
    "10:00 Meeting\n11:00 Lunch",
    "This is *very* important to us and we want it fixed.",
    "It costs 3 * 4 = 12 dollars.",
    "ERROR happens when I press save. What now?",
    "Name: Dana\nCity: Berlin\nProblem: it burns when it is on",
]
PASTE = """([text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const field = document.querySelector("#ticket-form [name=body]");
  field.focus();
  const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  if (field.dispatchEvent(paste)) document.execCommand("insertText", false, text);
}"""


@pytest.fixture
def page(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal)
    return begin_to_write(open_form(page, live_portal))


def begin_to_write(page):
    """Focus the text; what detects code is loaded then."""
    page.focus("#ticket-form [name=body]")
    page.wait_for_function("performance.getEntriesByType('resource').some(each => each.name.endsWith('detection.js'))")
    return page


def test_pasted_code_is_a_block_that_can_be_text_again_and_undone(page):
    body = page.locator("#ticket-form [name=body]")
    taken = {}
    for text in (*CODE, *TEXT):
        body.fill("")
        page.evaluate(PASTE, [text])
        taken[text] = body.input_value()
    assert {text: value for text, value in taken.items() if (value.startswith("```\n")) != (text in CODE)} == {
        "```\ncode();\n```": "```\ncode();\n```"
    }
    body.fill("")  # no draft comes back
    page.reload()  # nothing else to undo
    begin_to_write(page)
    page.evaluate(PASTE, [CODE[0]])
    assert body.input_value() == f"```\n{CODE[0]}\n```\n\n"
    body.press("Control+z")
    assert body.input_value() == ""
    page.evaluate(PASTE, [CODE[0]])
    page.click("text=Paste as text")
    assert body.input_value() == CODE[0]
    assert page.locator("[data-paste-notice]").count() == 0


def test_what_is_pasted_into_a_line_is_code_in_the_line_and_nothing_changes_inside_a_block(page):
    body = page.locator("#ticket-form [name=body]")
    body.fill("It says ")
    page.evaluate(PASTE, ["2*3*4"])
    assert body.input_value() == "It says `2*3*4`"
    body.fill("```\n")
    page.evaluate(PASTE, ["2*3*4"])
    assert body.input_value() == "```\n2*3*4"
    body.fill("")
    body.press("Control+Shift+v")
    page.evaluate(PASTE, ["2*3*4"])
    assert body.input_value() == "2*3*4"


def test_the_preview_shows_what_each_channel_will_show(page):
    page.fill("#ticket-form [name=body]", "# Title\n\n| a | b |\n|---|---|\n| 1 | **2** |")
    page.click("#ticket-form button:has-text('Preview')")
    page.wait_for_selector("#preview table")
    page.click("#preview summary:has-text('In Slack')")
    assert page.inner_text("#preview details pre:not(.plain-preview)").split() == ["a", "b", "1", "2"]
    page.click("#preview summary:has-text('read as text')")
    assert page.inner_text("#preview .plain-preview").splitlines()[0] == "Title"
