"""WebKit, which Safari uses, by the W3C WebDriver protocol of WebKitGTK's driver, on a screen in memory (Xvfb)."""

import base64
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from typing import Any

from tests.conftest import free_port
from tests.engines.engine import PATIENCE, TICK, Engine, EngineError

DRIVER, SCREEN = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver, 12.1: the web element identifier


def start_screen() -> tuple[subprocess.Popen[bytes], str]:
    """Start a screen in memory; its process, and the name that programs find it by."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [SCREEN, "-displayfd", str(writer), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"],
        pass_fds=[writer],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as given:
        return process, f":{given.readline().strip()}"


class WebKit(Engine):
    name = "webkit"

    def __init__(self) -> None:
        super().__init__()
        self.screen, display = start_screen()
        port = free_port()
        # Its sandbox needs namespaces, which containers do not have; only our own pages are opened.
        settings = {
            "DISPLAY": display,
            "GDK_BACKEND": "x11",
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        }
        self.driver = subprocess.Popen(
            [DRIVER, f"--port={port}"],
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.address = f"http://127.0.0.1:{port}/session"
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                made = self._send("POST", "", {"capabilities": {"alwaysMatch": {}}})
                break
            except urllib.error.URLError:
                assert time.monotonic() < deadline, "WebKitWebDriver did not start"
                time.sleep(0.1)
        self.address += f"/{made['sessionId']}"
        self._open_bare_window()

    def _open_bare_window(self) -> None:
        """Open a window without a tool bar, which keeps the first from becoming as narrow as a telephone."""
        first = self._send("GET", "/window/handles")
        self._send("POST", "/url", {"url": "about:blank"})
        self.run(
            "document.body.textContent = 'Press';"
            "document.body.addEventListener('click', () => open('about:blank', '', 'popup,width=1280,height=800'))"
        )
        self._send("POST", f"/element/{self._find('body')}/click")
        deadline = time.monotonic() + PATIENCE
        while not (bare := set(self._send("GET", "/window/handles")) - set(first)):
            assert time.monotonic() < deadline, "WebKit opened no window"
            time.sleep(TICK)
        self._send("DELETE", "/window")
        self.tabs = [bare.pop()]
        self._send("POST", "/window", {"handle": self.tabs[0]})

    def _send(self, method: str, path: str, what: dict[str, Any] | None = None) -> Any:
        body = None if method in ("DELETE", "GET") else json.dumps(what or {}).encode()
        request = urllib.request.Request(self.address + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=2 * PATIENCE) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise EngineError(error.read().decode()) from error

    def goto(self, address: str) -> None:
        self._send("POST", "/url", {"url": address})
        self.complaints += [f"{address}: {found}" for found in self.run(PROBLEMS)]

    def run(self, script: str) -> Any:
        body = (
            f"const done = arguments[0]; (async () => (() => {{ {script} }})())().then("
            "(value) => done(JSON.stringify(value ?? null)), (error) => done(JSON.stringify({ failed: String(error) })));"
        )
        value = json.loads(self._send("POST", "/execute/async", {"script": body, "args": []}))
        if isinstance(value, dict) and "failed" in value:
            raise EngineError(value["failed"])
        return value

    def _find(self, selector: str) -> str:
        return self._send("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def press_once(self, selector: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{ block: 'center' }})")
                self._send("POST", f"/element/{self._find(selector)}/click")
                return
            except EngineError as error:  # the page was laid out anew, or another element took its place
                is_passing = "not interactable" in str(error) or "stale element" in str(error)
                if not is_passing or time.monotonic() > deadline:
                    raise
                time.sleep(TICK)

    def type_once(self, selector: str, text: str) -> None:
        self._send("POST", f"/element/{self._find(selector)}/value", {"text": text})

    def press(self, keys: str, held: str = "") -> None:
        source = {"type": "key", "id": "keys", "actions": self.strokes(keys, held)}
        self._send("POST", "/actions", {"actions": [source]})

    def resize(self, width: int, height: int) -> None:
        self._send("POST", "/window/rect", {"width": width, "height": height})
        self.wait(f"innerWidth === {width} && innerHeight === {height}")

    def open_tab(self) -> None:
        self.tabs.append(self._send("POST", "/window/new", {"type": "tab"})["handle"])
        self._send("POST", "/window", {"handle": self.tabs[-1]})

    def close_tab(self) -> None:
        self._send("DELETE", "/window")
        self.tabs.pop()
        self._send("POST", "/window", {"handle": self.tabs[-1]})

    def picture(self) -> bytes:
        return base64.b64decode(self._send("GET", "/screenshot"))

    def forget(self) -> None:
        self._send("DELETE", "/cookie")

    def close(self) -> None:
        try:
            self._send("DELETE", "")
        finally:
            for process in (self.driver, self.screen):
                process.terminate()
                process.wait(PATIENCE)


# The protocol tells no events of a page. A script that failed has not come to its end, where it makes --keyboard known.
PROBLEMS = """
  return (async () => {
    const scripts = document.querySelector("script[type=module]") && window.visualViewport;
    const ran = () => document.documentElement.style.getPropertyValue("--keyboard");
    for (let tries = 0; scripts && !ran() && tries < 100; tries += 1) await new Promise((go) => setTimeout(go, 100));
    const failed = performance.getEntriesByType("resource").filter(({ responseStatus }) => responseStatus >= 400);
    return [
      ...failed.map(({ name, responseStatus }) => `${responseStatus} ${name}`),
      ...(scripts && !ran() ? ["the script did not run to its end"] : []),
    ];
  })();
"""
