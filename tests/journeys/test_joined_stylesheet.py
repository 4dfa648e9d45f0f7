"""The stylesheet without comments and needless space means the same to a browser as the files it is made of."""

import re
from pathlib import Path

from helpdesk.web import static_files

FOLDER = Path("helpdesk/static/css")
RULES = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return Array.from(sheet.cssRules, (rule) => rule.cssText);
}"""


def rules(page, text: str) -> list[str]:
    """The rules a browser reads in ``text``. Where a value has ``var()``, it keeps space as it was written."""
    return [re.sub(r"([,:])\s+", r"\1", re.sub(r"\s+", " ", rule)) for rule in page.evaluate(RULES, text)]


def test_nothing_is_lost_with_comments_and_space(live_portal, open_browser):
    page = open_browser()
    page.goto(f"{live_portal.portal}/sign-in")
    for path in sorted(FOLDER.glob("*.css")):
        text = re.sub(r"^@import .*;\n", "", path.read_text(), flags=re.M)  # such a sheet cannot import
        whole, shortened = rules(page, text), rules(page, static_files.shorten_css(text))
        assert shortened == whole, path.name
        assert whole, path.name
