"""Serve static files under addresses with a version, and the stylesheet and the script each as one file.

``css/app.css`` and ``js/app.js`` name the files they are made of by ``@import`` and ``import``, as a browser reads
them. A page that followed those would need some thirty requests, so the files are joined in memory when the
application starts. There is no build step: the folder is complete as it is, only slower.

The version is a segment of the address (``/static/v-0123456789/js/app.js``), so a relative address inside a file
keeps it. It is a hash of the whole folder, and a browser may keep what it names for ever.
"""

import hashlib
import re
from pathlib import Path

from flask import Flask, Response, request, send_from_directory

VERSION_SEGMENT = re.compile(r"v-[0-9a-f]{10}/")
MAX_AGE_SECONDS = 365 * 24 * 3600
CSS_IMPORT = re.compile(r'^@import "\./(?P<file>[\w-]+\.css)";\n', re.M)
JS_IMPORT = re.compile(r'^import (?:\{(?P<names>[^}]*)\} from )?"\./(?P<file>\w+\.js)";\n', re.M)
JS_COMMENT = re.compile(r"^ *//.*\n|(?<=\S) +// .*$", re.M)  # our modules have no text with one
JS_SPACE = re.compile(r"^ +|^\n|(?<=[;{,(\[])\n", re.M)  # nor one of several lines
CSS_COMMENT = re.compile(r" */\*.*?\*/\n?", re.DOTALL)
CSS_SPACE = re.compile(r"(?<=[{};,:])\s+|\s+(?=[{}])|;(?=\s*\})")  # our stylesheets have no text with one
JS_EXPORT = re.compile(r"^export const (?P<name>\w+)", re.M)
MIME_TYPES = {".css": "text/css", ".js": "text/javascript"}


def register(app: Flask) -> None:
    """Serve the static folder of ``app``; the filter ``asset_url`` gives the address of a file with its version."""
    folder = Path(app.static_folder)
    version = f"v-{folder_hash(folder)}/"
    joined = {"css/app.css": join_css(folder / "css"), "js/app.js": join_js(folder / "js")}

    def send_static_file(filename: str) -> Response:
        segment = VERSION_SEGMENT.match(filename)
        name = filename[segment.end() :] if segment else filename
        response = send_text(name, joined[name]) if name in joined else send_from_directory(folder, name)
        if segment and segment[0] == version:
            response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}, immutable"
        else:  # without a version, or with that of another release while the servers are being replaced
            response.headers["Cache-Control"] = "no-cache"
        return response

    @app.template_filter()
    def asset_url(name: str) -> str:
        """The address of a static file."""
        return f"{app.static_url_path}/{version}{name}"

    app.view_functions["static"] = send_static_file


def send_text(name: str, text: str) -> Response:
    """Answer with ``text``, or with 304 when the browser has it already."""
    response = Response(text, mimetype=MIME_TYPES[Path(name).suffix])
    response.add_etag()
    return response.make_conditional(request)


def folder_hash(folder: Path) -> str:
    """Ten hexadecimal digits that change with the name or the content of any file below ``folder``."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:10]


def join_css(folder: Path) -> str:
    """``app.css`` with each imported file in the place of its ``@import``, without comments and needless space."""
    entry = (folder / "app.css").read_text(encoding="utf-8")
    return shorten_css(CSS_IMPORT.sub(lambda found: (folder / found["file"]).read_text(encoding="utf-8"), entry))


def shorten_css(text: str) -> str:
    """``text`` without comments and without space that means nothing."""
    return CSS_SPACE.sub("", CSS_COMMENT.sub("", text))


def join_js(folder: Path) -> str:
    """All modules that ``app.js`` imports as one: each becomes a function that runs once and returns its exports.

    Only what our modules use is understood: ``import { a, b } from "./x.js";`` and ``import "./x.js";`` at the top,
    ``export const``, no cycles. A module that is named by ``import()`` alone is left out: it is loaded by need.
    """
    done: dict[str, str] = {}
    _join_module(folder, "app.js", done, ())
    return "".join(done.values())


def _join_module(folder: Path, file: str, done: dict[str, str], importers: tuple[str, ...]) -> None:
    if file in importers:
        raise ValueError(f"static/js: {' imports '.join((*importers, file))}, which is a cycle.")
    if file in done:
        return
    source = JS_COMMENT.sub("", (folder / file).read_text(encoding="utf-8"))
    for found in JS_IMPORT.finditer(source):
        _join_module(folder, found["file"], done, (*importers, file))
    exports = ", ".join(found["name"] for found in JS_EXPORT.finditer(source))
    body = JS_EXPORT.sub(r"const \g<name>", JS_IMPORT.sub(_import_as_constants, source))
    if re.search(r"^(import|export)\b", body, re.M):
        raise ValueError(f"static/js/{file}: this form of import or export is not supported.")
    body = JS_SPACE.sub("", body)
    done[file] = f"const {_module_name(file)} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"


def _import_as_constants(found: re.Match[str]) -> str:
    return f"const {{{found['names']}}} = {_module_name(found['file'])};\n" if found["names"] else ""


def _module_name(file: str) -> str:
    return f"module_{file.removesuffix('.js')}"
