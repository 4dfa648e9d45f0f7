"""Chromium by Playwright; a narrow page is on a touch screen."""

from typing import Any

from playwright.sync_api import Error, sync_playwright

from tests.engines.engine import PATIENCE, Engine, EngineError
from tests.journeys.conftest import CHROMIUM, FLAGS

NAMES = {
    "\ue006": "Enter",
    "\ue00c": "Escape",
    "\ue004": "Tab",
    "\ue013": "ArrowUp",
    "\ue015": "ArrowDown",
    "\ue009": "Control",
}
WIDEST_TELEPHONE = 500


class Chromium(Engine):
    name = "chromium"

    def __init__(self) -> None:
        super().__init__()
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        self.context = self.browser.new_context(viewport={"width": 1280, "height": 800})
        self.context.set_default_timeout(1000 * PATIENCE)
        self.open_tab()

    def _use(self, page: Any) -> None:
        self.page, self.protocol = page, self.context.new_cdp_session(page)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: "Security Policy" in said.text and self.complaints.append(said.text))
        page.on(
            "response", lambda answer: answer.status >= 400 and self.complaints.append(f"{answer.status} {answer.url}")
        )

    def goto(self, address: str) -> None:
        self.page.goto(address, wait_until="load")

    def run(self, script: str) -> Any:
        try:
            return self.page.evaluate(f"() => {{ {script} }}")
        except Error as error:
            raise EngineError(str(error)) from error

    def press_once(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def press(self, keys: str, held: str = "") -> None:
        if held:
            self.page.keyboard.down(NAMES[held])
        for key in keys:
            self.page.keyboard.press(NAMES.get(key, key))
        if held:
            self.page.keyboard.up(NAMES[held])

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})
        touch = {"enabled": width < WIDEST_TELEPHONE, "maxTouchPoints": 5}
        self.protocol.send("Emulation.setTouchEmulationEnabled", touch)

    def open_tab(self) -> None:
        self._use(self.context.new_page())

    def close_tab(self) -> None:
        self.page.close()
        self.page = self.context.pages[-1]
        self.protocol = self.context.new_cdp_session(self.page)

    def picture(self) -> bytes:
        return self.page.screenshot()

    def forget(self) -> None:
        self.context.clear_cookies()

    def close(self) -> None:
        self.browser.close()
        self.playwright.stop()
