"""Firefox by WebDriver BiDi, which it speaks itself (W3C WebDriver BiDi; ``--remote-debugging-port``)."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack
from typing import Any

from websockets.sync.client import connect

from tests.engines.engine import PATIENCE, TICK, TRIES, Engine, EngineError

PROGRAM = next((path for name in ("firefox-esr", "firefox") if (path := shutil.which(name))), None)
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
EVENTS = ["log.entryAdded", "network.responseCompleted", "network.fetchError"]


class Firefox(Engine):
    name = "firefox"

    def __init__(self, *flags: str, environment: dict[str, str] | None = None) -> None:
        """With more ``flags`` or another ``environment``, for a window on a screen that assistive technology reads."""
        super().__init__()
        self.profile = tempfile.mkdtemp(prefix="helpdesk-firefox-")
        self.process = subprocess.Popen(
            [
                PROGRAM,
                *(flags or ["--headless"]),
                "--no-remote",
                "--profile",
                self.profile,
                "--remote-debugging-port",
                "0",
            ],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        said, found = [], None
        while not found and (line := self.process.stderr.readline()):
            said.append(line)
            found = LISTENING.search(line)
        assert found, f"Firefox did not start: {''.join(said)}"
        threading.Thread(target=self.process.stderr.read, daemon=True).start()  # a full pipe would stop it
        self.open = ExitStack()
        self.socket = self.open.enter_context(
            connect(f"{found[1]}/session", max_size=None, open_timeout=PATIENCE, ping_interval=None)
        )
        self.number = 0
        self.call("session.new", capabilities={})
        self.tabs: list[str] = []
        self.open_tab()  # one that is opened gets the focus, the first has none: there Enter and Space press no button
        self.call("session.subscribe", events=EVENTS)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come before it are noted."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout=PATIENCE))
            if message.get("id") == self.number:
                break
            self._note(message)
        if message["type"] == "error":
            raise EngineError(f"{method}: {message['message']}")
        return message["result"]

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        if event.get("method") == "log.entryAdded":
            text = parameters.get("text") or ""
            if parameters.get("type") == "javascript" and parameters["level"] == "error" or "Security Policy" in text:
                frames = (parameters.get("stackTrace") or {}).get("callFrames", [])
                self.complaints.append(" at ".join([text, *(f"{each['url']}:{each['lineNumber']}" for each in frames)]))
        elif event.get("method") == "network.responseCompleted" and parameters["response"]["status"] >= 400:
            self.complaints.append(f"{parameters['response']['status']} {parameters['request']['url']}")

    def goto(self, address: str) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                self.call("browsingContext.navigate", context=self.context, url=address, wait="complete")
                return
            except EngineError as error:  # the page before it was just going somewhere itself
                is_passing = "interrupted" in str(error) or "NS_BINDING_ABORTED" in str(error)
                if not is_passing or attempt == TRIES:
                    raise

    def _evaluate(self, expression: str) -> dict[str, Any]:
        answer = self.call(
            "script.evaluate",
            expression=expression,
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise EngineError(answer["exceptionDetails"]["text"])
        return answer["result"]

    def run(self, script: str) -> Any:
        result = self._evaluate(f"(async () => JSON.stringify((await (() => {{ {script} }})()) ?? null))()")
        return json.loads(result["value"])

    def _act(self, kind: str, actions: list[dict[str, Any]]) -> None:
        source = {"type": kind, "id": kind, "actions": actions}
        self.call("input.performActions", context=self.context, actions=[source])

    def press_once(self, selector: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._press_centre(selector)
                return
            except EngineError as error:  # the page was laid out anew, or another element took its place
                is_passing = "not displayed" in str(error) or "no such node" in str(error)
                if not is_passing or time.monotonic() > deadline:
                    raise
                time.sleep(TICK)

    def _press_centre(self, selector: str) -> None:
        element = self._evaluate(
            f"(() => {{ const found = document.querySelector({json.dumps(selector)}); "
            "found.scrollIntoView({ block: 'center', behavior: 'instant' }); return found; })()"
        )
        origin = {"type": "element", "element": {"sharedId": element["sharedId"]}}
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": origin}
        self._act("pointer", [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}])

    def press(self, keys: str, held: str = "") -> None:
        self._act("key", self.strokes(keys, held))

    def resize(self, width: int, height: int) -> None:
        self.call("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})

    def open_tab(self) -> None:
        self.context = self.call("browsingContext.create", type="tab")["context"]
        self.tabs.append(self.context)

    def close_tab(self) -> None:
        self.call("browsingContext.close", context=self.tabs.pop())
        self.context = self.tabs[-1]

    def picture(self) -> bytes:
        return base64.b64decode(self.call("browsingContext.captureScreenshot", context=self.context)["data"])

    def forget(self) -> None:
        self.call("storage.deleteCookies")

    def close(self) -> None:
        self.open.close()
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.profile, ignore_errors=True)
