"""The forms and buttons of a page, read as a browser reads them, and sent with a test client."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

NOT_SENT = {"submit", "button", "image", "reset"}


@dataclass(frozen=True)
class Control:
    """One control of a form: its name, its type, the values it is sent with, and those it offers."""

    name: str
    kind: str
    values: tuple[str, ...]
    offered: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageForm:
    """What one press of a button sends: the method, the path, and the controls."""

    method: str
    action: str
    controls: tuple[Control, ...] = field(default=())

    @property
    def label(self) -> str:
        return f"{self.method} {urlsplit(self.action).path}"

    def sent_values(self) -> dict[str, list[str]]:
        """The values as the page holds them."""
        values: dict[str, list[str]] = {}
        for control in self.controls:
            if control.kind != "file":
                values.setdefault(control.name, []).extend(control.values)
        return values


def parse(response) -> BeautifulSoup:
    """The page of a response."""
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def csrf_token(page: BeautifulSoup) -> str:
    """The token that HTMX sends as a header."""
    tag = page.find("meta", {"name": "csrf-token"})
    return tag["content"] if tag else ""


def forms_of(page: BeautifulSoup, path: str) -> list[PageForm]:
    """Every form of ``page`` once for each of its buttons, and every button that HTMX sends by itself."""
    found = []
    for form in page.find_all("form"):
        found += list(_presses(page, form, path))
    for tag in page.select("[hx-post], [hx-put], [hx-delete], [hx-patch]"):
        if tag.name == "form":
            continue
        for verb in ("post", "put", "delete", "patch"):
            if address := tag.get(f"hx-{verb}"):
                found.append(PageForm(verb.upper(), urljoin(path, address), tuple(_controls(page, tag))))
    return found


def links_of(page: BeautifulSoup, path: str) -> list[str]:
    """The paths of this portal that ``page`` links to or fetches fragments from, without their fragments."""
    addresses = [tag.get("href") for tag in page.select("a[href]")] + [
        tag.get("hx-get") for tag in page.select("[hx-get]")
    ]
    found = []
    for address in filter(None, addresses):
        parts = urlsplit(urljoin(path, address))
        if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("/static/"):
            continue
        found.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return list(dict.fromkeys(found))


def submit(client, form: PageForm, values: dict[str, object], token: str = "", **options):
    """Send ``form`` with ``values``; ``token`` as HTMX sends it, beside the hidden field."""
    headers = {"X-CSRFToken": token} | options.pop("headers", {}) if token else options.pop("headers", {})
    if form.method == "GET":
        return client.get(form.action, query_string=values, headers=headers, **options)
    return client.open(form.action, method=form.method, data=values, headers=headers, **options)


def _presses(page: BeautifulSoup, form: Tag, path: str) -> Iterator[PageForm]:
    address = form.get("hx-post") or form.get("action") or path
    method = "POST" if form.get("hx-post") else form.get("method", "get").upper()
    controls = tuple(_controls(page, form))
    buttons = [tag for tag in _elements(page, form) if tag.name == "button" and tag.get("type", "submit") == "submit"]
    pressed = {(tag.get("formaction") or "", tag.get("name") or "", tag.get("value") or "") for tag in buttons}
    for other, name, value in pressed or {("", "", "")}:
        sent = (*controls, Control(name, "button", (value,))) if name else controls
        yield PageForm(method, urljoin(path, other or address), sent)


def _elements(page: BeautifulSoup, form: Tag) -> list[Tag]:
    outside = page.select(f'[form="{form["id"]}"]') if form.get("id") else []
    return form.find_all(["input", "select", "textarea", "button"]) + outside


def _controls(page: BeautifulSoup, form: Tag) -> Iterator[Control]:
    radios: dict[str, list[Tag]] = {}
    for tag in _elements(page, form):
        name, kind = tag.get("name"), tag.get("type", "text") if tag.name == "input" else tag.name
        if not name or kind in NOT_SENT or tag.name == "button" or tag.has_attr("disabled"):
            continue
        if kind in ("radio", "checkbox"):
            radios.setdefault(name, []).append(tag)
        elif kind == "select":
            options = tag.find_all("option")
            offered = tuple(option.get("value", option.text) for option in options)
            chosen = tuple(option.get("value", option.text) for option in options if option.has_attr("selected"))
            first = () if tag.has_attr("multiple") else offered[:1]
            yield Control(name, kind, chosen or first, offered)
        elif kind == "textarea":
            yield Control(name, kind, (tag.text.removeprefix("\n"),))
        else:
            yield Control(name, kind, (tag.get("value", ""),))
    for name, tags in radios.items():
        offered = tuple(tag.get("value", "on") for tag in tags)
        chosen = tuple(tag.get("value", "on") for tag in tags if tag.has_attr("checked"))
        yield Control(name, tags[0].get("type"), chosen, offered)
