"""The text and the files of a mail, in the order of its parts.

A part is left out only where another one says the same: of the branches of one multipart/alternative, the HTML is read,
because its lines are not broken at 70 characters.
"""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.channels.email.parse import (
    attached_mail,
    html_to_markdown,
    html_tokens,
    mail_reaction,
    mime,
    pictures,
    plain_text_to_markdown,
)
from helpdesk.channels.email.parse.parsed_mail import MailFile
from helpdesk.channels.email.parse.parts import MimePart
from helpdesk.channels.email.parse.plain_text_to_markdown import Line
from helpdesk.domain.authentication import private_links
from helpdesk.markup import picture_marks

MAX_TEXT_LENGTH = html_tokens.MAX_LENGTH  # characters of one part that are read; a longer one is a file, too

_NO_FILE_TYPES = {"message/delivery-status", "message/feedback-report", "message/global-delivery-status"} | {
    "application/pgp-encrypted",  # the number of a version, beside the mail that PGP encrypted (RFC 3156, section 4)
}
# As mail programs call the signature over a mail; a signed document has a name of its own.
_SIGNATURE_NAMES = {"smime.p7s", "signature.asc", "OpenPGP_signature.asc"}
_DASH_ESCAPE = re.compile(r"^- (?=-)", re.MULTILINE)  # before lines that begin with a dash (RFC 9580, section 7.2)
_WORD = re.compile(r"\w+")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LINK = re.compile(r"\[([^\[\]\n]{0,500})\]\(([^()\s]{0,2000})\)")
_EMPHASIS = re.compile(r"(?<![\\*])\*\*(?!\*)|(?<!\\)~~")
_MIN_SHARED_WORDS = 0.5  # of the plain text's different words, that the HTML beside it must have to stand for it


@dataclass(frozen=True)
class MailContent:
    """The lines of a mail's text, and its files."""

    lines: tuple[Line, ...]
    files: tuple[MailFile, ...]


def read_content(parts: Sequence[MimePart]) -> MailContent:
    """Read the text and files of ``parts``. Pictures are named in their place in the text."""
    files = {part.place: _read_file(part) for part in parts if part.attached and not _is_no_file(part)}
    by_content_id = {file.content_id: file for file in files.values() if file.content_id}
    texts: dict[str, list[Line]] = {}
    shown: set[str] = set()
    drawn: dict[str, list[MailFile]] = {}
    for part in parts:
        if part.attached:
            continue
        if part.media_type == "text/html":
            text = mime.part_text(part.message)
            text, drawn[part.place], seen = pictures.mark_places(text, part.place, by_content_id)
            shown |= seen
            texts[part.place] = _read_html(text)
        else:
            text = _read_plain(part)
            texts[part.place] = plain_text_to_markdown.convert_lines(text[:MAX_TEXT_LENGTH])
        if len(text) > MAX_TEXT_LENGTH:
            drawn.setdefault(part.place, []).append(_keep_whole(part, text))
    chosen = _choose(parts, texts)
    lines = _join(parts, chosen, texts, files, shown)
    for file in files.values():
        if file.name.lower() == "winmail.dat" and any(place.startswith(f"{file.external_id}.") for place in files):
            files[file.external_id] = dataclasses.replace(file, is_decoration=True)  # its files stand beside it
    kept = [_mark_decoration(file, shown) for file in files.values() if not _is_invisible(file, shown)]
    kept += [_mark_decoration(file, None) for place in chosen for file in drawn.get(place, [])]
    return MailContent(tuple(lines), tuple(kept))


def _is_no_file(part: MimePart) -> bool:
    """Return whether a part says nothing that the text beside it does not say."""
    return part.media_type in _NO_FILE_TYPES or (part.media_type == mail_reaction.MEDIA_TYPE and part.is_inline)


def _choose(parts: Sequence[MimePart], texts: dict[str, list[Line]]) -> list[str]:
    """Return the places of the texts to read: all of them, but of one alternative only one branch."""
    left_out: set[str] = set()
    for alternative in dict.fromkeys(place for part in parts for place, _ in part.branches):
        branches: dict[int, list[MimePart]] = {}
        for part in parts:
            number = dict(part.branches).get(alternative)
            if number is not None and part.place in texts and part.place not in left_out:
                branches.setdefault(number, []).append(part)
        best = _best_branch(branches, texts)
        for number, inside in branches.items():
            if number != best and not _says_more(inside, branches[best], texts):
                left_out |= {part.place for part in inside}
    return [part.place for part in parts if part.place in texts and part.place not in left_out]


def _best_branch(branches: dict[int, list[MimePart]], texts: dict[str, list[Line]]) -> int:
    """Return the number of the last branch with HTML that has words, else of the last with any, else of the last."""

    def rank(number: int) -> tuple[bool, bool, int]:
        with_words = [part for part in branches[number] if _words(texts[part.place])]
        return bool(with_words), any(part.media_type == "text/html" for part in with_words), number

    return max(branches, key=rank, default=0)


def _says_more(some: list[MimePart], others: list[MimePart], texts: dict[str, list[Line]]) -> bool:
    """Return whether ``some`` are no other form of ``others`` but words of their own, as a program that is wrong about
    alternatives sends them.
    """
    mine = {word for part in some for word in _words(texts[part.place])}
    theirs = {word for part in others for word in _words(texts[part.place])}
    return len(mine) >= 3 and len(mine & theirs) < _MIN_SHARED_WORDS * len(mine)


def _words(lines: list[Line]) -> set[str]:
    return {word.lower() for line in lines for word in _WORD.findall(line.plain)}


def _join(
    parts: Sequence[MimePart],
    chosen: list[str],
    texts: dict[str, list[Line]],
    files: dict[str, MailFile],
    shown: set[str],
) -> list[Line]:
    """Join the chosen texts, with a picture between two of them in its place."""
    found: list[list[Line]] = []
    last_text = max((n for n, part in enumerate(parts) if part.place in chosen), default=-1)
    for number, part in enumerate(parts):
        if part.place in chosen:
            found.append(texts[part.place])
        elif part.attached and found and number < last_text and part.place in files:
            file = files[part.place]
            is_between = part.is_inline and file.media_type.startswith("image/") and file.content_id not in shown
            if is_between and not pictures.is_tracker(file):
                mark = picture_marks.write_mark(file.name)
                found.append([Line(mark, plain_text_to_markdown.escape_line(mark))])
    pieces = [piece for piece in map(_strip, found) if piece]
    return [line for number, piece in enumerate(pieces) for line in ([Line("", "")] if number else []) + piece]


def _strip(lines: list[Line]) -> list[Line]:
    written = [number for number, (plain, markdown) in enumerate(lines) if plain.strip() or markdown.strip()]
    return lines[written[0] : written[-1] + 1] if written else []


def _read_html(html: str) -> list[Line]:
    found: list[Line] = []
    is_code = False
    for line in html_to_markdown.html_to_markdown(html).split("\n"):
        is_fence = line.lstrip("> ").startswith("```")
        is_code ^= is_fence
        found.append(Line("" if is_fence else line if is_code else _to_plain(line), line))
    return found


def _read_plain(part: MimePart) -> str:
    text = mime.part_text(part.message).replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip().startswith("-----BEGIN PGP SIGNED MESSAGE-----"):
        text = _DASH_ESCAPE.sub("", text)
    text = plain_text_to_markdown.unflow(plain_text_to_markdown.unescape_from(text), part.message)
    return plain_text_to_markdown.join_addresses(text)


def _keep_whole(part: MimePart, text: str) -> MailFile:
    """Return a text longer than is read as a file, so that its end is not lost."""
    content = private_links.cut(text).encode("utf-8", "replace")
    name = "whole-mail.html" if part.media_type == "text/html" else "whole-mail.txt"
    return MailFile(f"{part.place}w", name, part.media_type, len(content), content=content)


def _to_plain(line: str) -> str:
    """Return a line of Markdown as its reader sees it, a link's address behind its words."""
    return _ESCAPED.sub(r"\1", _EMPHASIS.sub("", _LINK.sub(r"\1 (\2)", line)))


def _read_file(part: MimePart) -> MailFile:
    content = attached_mail.cut_private_links(mime.part_content(part.message), part.media_type, part.name)
    return MailFile(part.place, part.name, part.media_type, len(content), content=content, content_id=part.content_id)


def _is_invisible(file: MailFile, shown: set[str]) -> bool:
    return file.content_id in shown and pictures.is_tracker(file)


def _mark_decoration(file: MailFile, shown: set[str] | None) -> MailFile:
    is_in_text = shown is None or file.content_id in shown
    is_decoration = file.name in _SIGNATURE_NAMES or (is_in_text and pictures.is_decoration(file))
    return dataclasses.replace(file, is_decoration=True) if is_decoration else file
