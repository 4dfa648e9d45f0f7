"""Messages and views as HTML for the page. Everything that came from outside is escaped here."""

import datetime
import re

import emoji
import flask
from markupsafe import Markup, escape

from helpdesk.demo.slack_workspace import rich_text_parser

_SAFE_LINK_PATTERN = re.compile(r"^(https?|mailto|tel):", re.IGNORECASE)
_COLOR_PATTERN = re.compile(r"^#?[0-9a-fA-F]{6}$")
_NAMED_COLORS = {"good": "#2f9e62", "warning": "#d99a1c", "danger": "#c53b32"}
_DATE_PATTERN = re.compile(r"<!date\^(\d+)\^([^|>^]*)(?:\^[^|>]*)?\|([^>]*)>")


class HtmlRenderer:
    """Turns Slack's structures into HTML, knowing people and channels by name."""

    def __init__(self, ws):
        self._ws = ws

    def message(self, message: dict) -> Markup:
        """The body of a message: its blocks, or its text."""
        if message.get("blocks"):
            return self.blocks(message["blocks"])
        return self.mrkdwn(message.get("text", ""))

    def blocks(self, blocks: list[dict]) -> Markup:
        """Blocks, one after the other; unknown ones show their name."""
        parts = (flask.render_template("_block.html", block=block, show=self) for block in blocks)
        return Markup("").join(Markup(part) for part in parts)

    def text(self, text: dict) -> Markup:
        """A text object, mrkdwn or plain."""
        if text.get("type") == "mrkdwn":
            return self.mrkdwn(text.get("text", ""))
        return Markup(escape(replace_emoji(text.get("text", ""))).replace("\n", Markup("<br>")))

    def mrkdwn(self, text: str) -> Markup:
        """Slack's own markup."""
        text = _DATE_PATTERN.sub(lambda found: found.group(3), text)
        return Markup("").join(
            self._rich(element)
            for block in rich_text_parser.build_rich_text_block(text)
            for element in block["elements"]
        )

    def rich_text(self, block: dict) -> Markup:
        """A rich_text block."""
        return Markup("").join(self._rich(element) for element in block["elements"])

    def name(self, user_id: str) -> str:
        """A person's name by id."""
        user = self._ws.state.users.get(user_id)
        return user["profile"]["real_name"] if user else user_id

    def people(self) -> list[dict]:
        """Everybody who can be chosen in a users_select."""
        return [user for user in self._ws.state.users.values() if not user["deleted"]]

    def colour(self, value: str | None) -> str:
        """The colour of an attachment's stripe, whatever was given."""
        value = _NAMED_COLORS.get(value or "", value or "")
        return "#" + value.lstrip("#") if _COLOR_PATTERN.match(value) else "#9aa5b1"

    def link(self, address: str) -> str:
        """An address that may be followed, or nothing."""
        return address if _SAFE_LINK_PATTERN.match(address) else ""

    def _rich(self, element: dict) -> Markup:
        kind = element["type"]
        if kind == "rich_text_list":
            tag = "ol" if element.get("style") == "ordered" else "ul"
            items = Markup("").join(
                Markup("<li>{}</li>").format(self._inline(e["elements"])) for e in element["elements"]
            )
            return (
                Markup(f'<{tag} class="indent-{min(int(element.get("indent") or 0), 4)}">')
                + items
                + Markup(f"</{tag}>")
            )
        inside = self._inline(element["elements"])
        if kind == "rich_text_preformatted":
            return Markup("<pre>{}</pre>").format(inside)
        if kind == "rich_text_quote":
            return Markup("<blockquote>{}</blockquote>").format(inside)
        return Markup("<p>{}</p>").format(inside)

    def _inline(self, elements: list[dict]) -> Markup:
        return Markup("").join(self._piece(element) for element in elements)

    def _piece(self, element: dict) -> Markup:
        kind = element["type"]
        if kind == "text":
            html = Markup(escape(element["text"]).replace("\n", Markup("<br>")))
        elif kind == "link":
            label = element.get("text") or element["url"]
            target = self.link(element["url"])
            html = (
                Markup('<a href="{}" target="_blank" rel="noreferrer">{}</a>').format(target, label)
                if target
                else escape(label)
            )
        elif kind == "emoji":
            html = escape(replace_emoji(f":{element['name']}:"))
        elif kind == "user":
            html = Markup('<span class="mention">@{}</span>').format(self.name(element["user_id"]))
        elif kind == "channel":
            conversation = self._ws.state.channels.get(element["channel_id"].partition("|")[0])
            html = Markup('<span class="mention">#{}</span>').format(
                conversation.name if conversation else element["channel_id"]
            )
        elif kind == "broadcast":
            html = Markup('<span class="mention loud">@{}</span>').format(element["range"].partition("|")[0])
        else:
            html = escape(element.get("text") or element.get("value") or kind)
        style = element.get("style") or {}
        for name, tag in (("code", "code"), ("bold", "b"), ("italic", "i"), ("strike", "s")):
            if style.get(name):
                html = Markup(f"<{tag}>{{}}</{tag}>").format(html)
        return html


def replace_emoji(text: str) -> str:
    """Names such as :eyes: as the character; unknown ones stay."""
    return emoji.emojize(text, language="alias", variant="emoji_type") if ":" in text else text


def format_timestamp(ts: str) -> datetime.datetime:
    """When a message was sent, in UTC."""
    return datetime.datetime.fromtimestamp(float(ts), datetime.UTC)
