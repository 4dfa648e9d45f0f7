"""Reads what a screen reader reads of Firefox, by AT-SPI 2; run by Debian's own Python, which has its bindings.

For each line on standard input, a line with the page that is shown: {"address": its address, "tree": [[role, name,
states, depth], ...]}; without a tree while it loads or changes. What live regions and alerts say comes as lines of its
own: {"said": text, "politeness": "polite" or "assertive"}.
"""

import json
import sys
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

STATES = ("CHECKED", "EXPANDED", "FOCUSED", "INVALID_ENTRY", "REQUIRED", "SELECTED", "SHOWING", "FOCUSABLE")


def tell(what: Any) -> None:
    print(json.dumps(what), flush=True)


def text_of(accessible: Any) -> str:
    """The text of an element and of what is in it."""
    own = accessible.get_text_iface()
    text = Atspi.Text.get_text(own, 0, -1).replace("\ufffc", "") if own else accessible.get_name() or ""
    inside = [text_of(accessible.get_child_at_index(index)) for index in range(accessible.get_child_count())]
    return " ".join(filter(None, [text, *inside]))


def note_change(event: Any) -> None:
    """Say what a change adds, if it is in a live region."""
    try:
        if event.type.startswith("object:state-changed:showing"):
            if event.detail1 and event.source.get_role() == Atspi.Role.ALERT:  # an alert is assertive without saying so
                tell({"said": text_of(event.source), "politeness": "assertive"})
            return
        politeness = (event.source.get_attributes() or {}).get("container-live")
        if politeness in ("polite", "assertive"):
            added = event.any_data
            tell({"said": added if isinstance(added, str) else text_of(added), "politeness": politeness})
    except GLib.Error:
        pass  # it is gone already


def find_document(accessible: Any) -> Any:
    """The page that is shown: the window has others that are not."""
    if accessible.get_role() == Atspi.Role.DOCUMENT_WEB:
        return accessible if accessible.get_state_set().contains(Atspi.StateType.SHOWING) else None
    for index in range(accessible.get_child_count()):
        child = accessible.get_child_at_index(index)
        if child is not None and (found := find_document(child)):
            return found
    return None


def list_elements(accessible: Any, depth: int = 0) -> list[list[Any]]:
    """The element and all within it."""
    states = accessible.get_state_set()
    named = [name for name in STATES if states.contains(getattr(Atspi.StateType, name))]
    found = [[accessible.get_role_name(), accessible.get_name(), named, depth]]
    for index in range(accessible.get_child_count()):
        child = accessible.get_child_at_index(index)
        if child is not None:
            found += list_elements(child, depth + 1)
    return found


def read_page() -> dict[str, Any]:
    """The address and the elements of the page that is shown, as soon as it has loaded."""
    Atspi.get_desktop(0).clear_cache()
    document = find_document(Atspi.get_desktop(0))
    if not document or document.get_state_set().contains(Atspi.StateType.BUSY):
        return {"address": "", "tree": []}
    address = Atspi.Document.get_document_attribute_value(document, "DocURL")
    return {"address": address, "tree": list_elements(document)}


def answer(_channel: Any, _condition: Any) -> bool:
    if not sys.stdin.readline():
        Atspi.event_quit()
        return False
    try:
        tell(read_page())
    except GLib.Error:  # the page changed meanwhile
        tell({"address": "", "tree": []})
    return True


listener = Atspi.EventListener.new(note_change)
for name in ("object:text-changed:insert", "object:children-changed:add", "object:state-changed:showing"):
    listener.register(name)
GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, answer)
Atspi.event_main()
