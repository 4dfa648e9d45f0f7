"""White space in HTML that a browser shows: no-break spaces that indent a line, and line breaks and spaces where the
style says that they are kept.
"""

import re

NO_BREAK_SPACE = "\u00a0"
MAX_INDENT = 40  # characters

_KEPT = re.compile(r"white-space(?:-collapse)?\s*:\s*(pre|break-spaces)?", re.IGNORECASE)
_INDENT = re.compile(r"[ \t\r\n\f]*([\u00a0\u3000]\s*)")  # "\s" is also the no-break space
_KEPT_INDENT = re.compile(r"\s*")
_VOID = {"img", "br", "input", "hr", "wbr", "col"}
_TAB_SIZE = 4


class OpenSpaces:
    """The open tags whose style says what becomes of white space, each with the number open of its name."""

    def __init__(self) -> None:
        self._open: list[tuple[str, bool]] = []
        self._depths: list[int] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note the tag ``name``."""
        if self._open and self._open[-1][0] == name:
            if name == "p":  # it ends the paragraph before it
                self._close()
            else:
                self._depths[-1] += 1
        match = _KEPT.search(attributes["style"]) if "style" in attributes and name not in _VOID else None
        if match and len(self._open) < 50:
            self._open.append((name, bool(match[1])))
            self._depths.append(1)

    def end(self, name: str) -> None:
        """Note the end of ``name``."""
        if self._open and self._open[-1][0] == name:
            self._depths[-1] -= 1
            if not self._depths[-1]:
                self._close()

    def split_lines(self, text: str) -> list[str]:
        """Return the lines that a browser shows of ``text``: one, unless line breaks are kept. Space between tags is
        one, too: programs indent their HTML.
        """
        return text.replace("\r\n", "\n").split("\n") if self._is_kept() and text.strip() else [text]

    def read_indent(self, line: str) -> str:
        """Return the spaces that stand for the indent of ``line``; one that is not ideographic indents nothing."""
        kept = self._is_kept() and (line.strip() or "\n" not in line)
        match = (_KEPT_INDENT if kept else _INDENT).match(line)
        if not match:
            return ""
        space = match[0].expandtabs(_TAB_SIZE) if kept else re.sub(r"[ \t\r\n\f]+", " ", match[1])
        indent = re.sub(r"[^\u3000]", NO_BREAK_SPACE, space[:MAX_INDENT])
        return "" if indent == NO_BREAK_SPACE else indent

    def _is_kept(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _close(self) -> None:
        self._open.pop()
        self._depths.pop()
