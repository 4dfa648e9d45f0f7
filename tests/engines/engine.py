"""One way to drive a browser, whatever its protocol: what the tests of this folder need and nothing else."""

import json
import time
from abc import ABC, abstractmethod
from typing import Any

PATIENCE = 60.0  # seconds
TICK = 0.1
ENTER, ESCAPE, TAB = "\ue007", "\ue00c", "\ue004"  # WebDriver, 17.4.2: keyboard actions


class Engine(ABC):
    """A running browser with one window."""

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
    def click(self, selector: str) -> None:
        """Press the first element that matches, as a pointer does."""

    @abstractmethod
    def press(self, keys: str) -> None:
        """Press and release keys one after the other, where the focus is."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page this size in CSS pixels, or as near as the window can."""

    @abstractmethod
    def picture(self) -> bytes:
        """The visible part of the page as a PNG."""

    @abstractmethod
    def forget(self) -> None:
        """Sign out by deleting all cookies of the page's site."""

    @abstractmethod
    def close(self) -> None:
        """End the browser."""

    def type(self, selector: str, text: str) -> None:
        """Focus a field and type into it."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.press(text)

    def wait(self, condition: str, patience: float = PATIENCE) -> Any:
        """The value of an expression as soon as it is true; loading pages count as not yet."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            try:
                if found := self.run(f"return {condition};"):
                    return found
            except EngineError:
                pass
            time.sleep(TICK)
        raise AssertionError(f"{self.name}: {condition} did not come true within {patience} s")


class EngineError(Exception):
    """The browser refused a command."""
