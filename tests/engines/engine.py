"""One way to drive a browser, whatever its protocol: what the tests of this folder need and nothing else."""

import json
import time
from abc import ABC, abstractmethod
from typing import Any

PATIENCE = 120.0  # seconds; a browser on a busy machine takes one to start
TICK = 0.1
SEEN_SECONDS = 10.0  # a page that has not seen a press or a text by then does not see it any more
TRIES = 5
# WebDriver, 17.4.2: keyboard actions
ENTER, ESCAPE, TAB = "\ue006", "\ue00c", "\ue004"
ARROW_UP, ARROW_DOWN, CONTROL = "\ue013", "\ue015", "\ue009"


class Engine(ABC):
    """A running browser; what is done is done in its newest tab."""

    name: str

    def __init__(self) -> None:
        self.complaints: list[str] = []  # script errors, violations of the policy, failed requests

    @abstractmethod
    def goto(self, address: str) -> None:
        """Load a page and wait for its load event."""

    @abstractmethod
    def run(self, script: str) -> Any:
        """Run the body of a function in the page; what it returns, through JSON."""

    @abstractmethod
    def press_once(self, selector: str) -> None:
        """Press the first element that matches, as a pointer does, whether the page sees it or not."""

    @abstractmethod
    def press(self, keys: str, held: str = "") -> None:
        """Press and release keys one after the other, where the focus is, while another key is held."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page this size in CSS pixels."""

    @abstractmethod
    def open_tab(self) -> None:
        """Open another tab and go on in it."""

    @abstractmethod
    def close_tab(self) -> None:
        """Close the newest tab and go on in the one before it."""

    @abstractmethod
    def picture(self) -> bytes:
        """The visible part of the page as a PNG."""

    @abstractmethod
    def forget(self) -> None:
        """Sign out by deleting all cookies of the page's site."""

    @abstractmethod
    def close(self) -> None:
        """End the browser."""

    def type_once(self, selector: str, text: str) -> None:
        """Focus a field and type into it, whether all of it arrives or not."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.press(text)

    def click(self, selector: str) -> None:
        """Press the first element that matches, and again if the page did not see it.

        A busy machine lays a page out anew between the driver's look for the place and its press.
        """
        wanted = json.dumps(selector)
        for _ in range(TRIES):
            self.run(
                "window.sawPress = false; addEventListener('click', ({ target }) => { "
                f"if (target.closest?.({wanted})) window.sawPress = true; }}, true);"
            )
            self.press_once(selector)
            if self.comes_true("window.sawPress !== false"):  # another page does not know it
                return
        raise AssertionError(f"{self.name}: no press of {selector} was seen")

    def type(self, selector: str, text: str) -> None:
        """Type into a field after what it says, and again if not all of it arrived."""
        field = f"document.querySelector({json.dumps(selector)})"
        before = self.run(f"return {field}.value")
        for _ in range(TRIES):
            self.type_once(selector, text)
            if self.comes_true(f"{field}.value === {json.dumps(before + text)}"):
                return
            self.run(f"{field}.value = {json.dumps(before)}")
        raise AssertionError(f"{self.name}: {text!r} did not arrive in {selector}")

    def press_until(self, key: str, condition: str) -> None:
        """Press a single key until an expression is true: those of the desk rest for a second after something is sent."""
        for _ in range(TRIES):
            self.press(key)
            if self.comes_true(condition):
                return
        raise AssertionError(f"{self.name}: {key!r} did nothing on {self._what_is_shown()}")

    @staticmethod
    def strokes(keys: str, held: str) -> list[dict[str, str]]:
        """The key actions of both protocols for ``press``."""
        pressed = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        if held:
            pressed = [{"type": "keyDown", "value": held}, *pressed, {"type": "keyUp", "value": held}]
        return pressed

    def comes_true(self, condition: str) -> bool:
        """Whether an expression is true soon."""
        try:
            return bool(self.wait(condition, SEEN_SECONDS))
        except AssertionError:
            return False

    def wait(self, condition: str, patience: float = PATIENCE) -> Any:
        """The value of an expression as soon as it is true, True for an element; loading pages count as not yet."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                if found := self.run(f"const found = {condition}; return found instanceof Node || found;"):
                    return found
            except EngineError:
                pass
            time.sleep(TICK)
        raise AssertionError(
            f"{self.name}: {condition} did not come true within {patience} s on {self._what_is_shown()}"
        )

    def expect(self, expression: str, wanted: Any, patience: float = PATIENCE) -> None:
        """Wait until an expression has this value, compared as JSON."""
        last, deadline = None, time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                if (last := self.run(f"return {expression}")) == wanted:
                    return
            except EngineError as error:  # the page is loading
                last = error
            time.sleep(TICK)
        raise AssertionError(
            f"{self.name}: {expression} was {last!r}, not {wanted!r}, for {patience} s on {self._what_is_shown()}"
        )

    def _what_is_shown(self) -> Any:
        try:
            return self.run("return [location.href, document.querySelector('main')?.innerText.slice(0, 400)]")
        except EngineError as error:
            return str(error)


class EngineError(Exception):
    """The browser refused a command."""
