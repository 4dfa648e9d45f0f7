"""Checks the limits of Slack's page "Block Kit: blocks", with Slack's error messages."""

from helpdesk.demo.slack_workspace import ids

BUTTON_STYLES = ("primary", "danger")
MESSAGE_BLOCK_TYPES = {
    "section",
    "header",
    "divider",
    "context",
    "actions",
    "image",
    "rich_text",
    "input",
    "file",
    "video",
    "markdown",
    "table",
}
VIEW_BLOCK_TYPES = MESSAGE_BLOCK_TYPES - {"file", "markdown", "table"}
INPUT_ELEMENT_TYPES = {
    "plain_text_input",
    "static_select",
    "multi_static_select",
    "datepicker",
    "timepicker",
    "checkboxes",
    "radio_buttons",
    "users_select",
    "multi_users_select",
    "external_select",
    "multi_external_select",
    "conversations_select",
    "channels_select",
    "multi_conversations_select",
    "multi_channels_select",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "file_input",
    "datetimepicker",
}
ACTION_ELEMENT_TYPES = (INPUT_ELEMENT_TYPES | {"button", "overflow", "workflow_button"}) - {
    "plain_text_input",
    "file_input",
}
TEXT_INPUT_TYPES = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
RICH_TEXT_ELEMENT_TYPES = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
# Slack documents no limit for a whole message; it has refused 11,300 characters and accepted 9,600.
MAX_MARKDOWN_CHARACTERS = 12_000


def list_errors(blocks: object, place: str = "message") -> list[str]:
    """The errors of these blocks, in Slack's format; empty when valid.

    `place` is message, modal or home.

    Source: docs.slack.dev/reference/block-kit/blocks; validators of slack_sdk.
    """
    if not isinstance(blocks, list):
        return ["must be an array [json-pointer:/blocks]"]
    check = _BlockChecker(place)
    limit = 50 if place == "message" else 100
    if len(blocks) > limit:
        check.say(f"no more than {limit} items allowed", "")
    for number, block in enumerate(blocks):
        check.block(block, f"/{number}")
    return check.found


def add_block_ids(blocks: list[dict]) -> list[dict]:
    """The blocks as Slack stores them: every one has a block_id.

    Source: docs.slack.dev/reference/block-kit/blocks.
    """
    return [{**block, "block_id": block.get("block_id") or ids.create_block_id()} for block in blocks]


def count_characters(blocks: list) -> int:
    """All the text in the blocks, counted as Slack counts a message's length.

    Source: none was published; see docs/slack-behaviour.md.
    """
    total, waiting = 0, list(blocks)
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            total += len(item["text"]) if isinstance(item.get("text"), str) else 0
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return total


class _BlockChecker:
    def __init__(self, place: str):
        self.place = place
        self.found: list[str] = []
        self._ids: set[str] = set()

    def say(self, what: str, where: str) -> None:
        self.found.append(f"{what} [json-pointer:/blocks{where}]")

    def block(self, block: object, at: str) -> None:
        allowed = MESSAGE_BLOCK_TYPES if self.place == "message" else VIEW_BLOCK_TYPES
        if not isinstance(block, dict):
            return self.say("must be an object", at)
        kind = block.get("type")
        if not isinstance(kind, str) or kind not in allowed:
            return self.say(f"unsupported type: {kind}", at + "/type")
        if (name := block.get("block_id")) is not None:
            if not isinstance(name, str) or len(name) > 255:
                self.say("must be less than 256 characters", at + "/block_id")
            elif name in self._ids:
                self.say(f"`block_id` {name} already exists", at + "/block_id")
            self._ids.add(str(name))
        if checker := getattr(self, f"_{kind}", None):
            checker(block, at)
        return None

    def _section(self, block: dict, at: str) -> None:
        if "text" not in block and "fields" not in block:
            self.say("missing required field: text", at)
        if "text" in block:
            self._text(block["text"], at + "/text", 3000)
        fields = block.get("fields", [])
        if not isinstance(fields, list) or len(fields) > 10 or ("fields" in block and not fields):
            return self.say(
                "no more than 10 items allowed" if fields else "no less than 1 items allowed", at + "/fields"
            )
        for number, entry in enumerate(fields):
            self._text(entry, f"{at}/fields/{number}", 2000)
        if "accessory" in block:
            self._element(block["accessory"], at + "/accessory", ACTION_ELEMENT_TYPES | {"image"})
        return None

    def _header(self, block: dict, at: str) -> None:
        self._text(block.get("text"), at + "/text", 150, plain=True)

    def _context(self, block: dict, at: str) -> None:
        for number, element in enumerate(self._list(block, "elements", at, 10)):
            if isinstance(element, dict) and element.get("type") == "image":
                self._image(element, f"{at}/elements/{number}")
            else:
                self._text(element, f"{at}/elements/{number}", 2000)

    def _actions(self, block: dict, at: str) -> None:
        names = set()
        for number, element in enumerate(self._list(block, "elements", at, 25)):
            self._element(element, f"{at}/elements/{number}", ACTION_ELEMENT_TYPES)
            name = element.get("action_id") if isinstance(element, dict) else None
            if name in names and name is not None:
                self.say(f"`action_id` {name} already exists", f"{at}/elements/{number}/action_id")
            names.add(name)

    def _image(self, block: dict, at: str) -> None:
        if not block.get("image_url") and not block.get("slack_file"):
            self.say("missing required field: image_url", at)
        self._string(block, "image_url", at, 3000, required=False)
        self._string(block, "alt_text", at, 2000)

    def _markdown(self, block: dict, at: str) -> None:
        self._string(block, "text", at, 12_000)

    def _rich_text(self, block: dict, at: str) -> None:
        for number, element in enumerate(self._list(block, "elements", at, 10_000)):
            if not isinstance(element, dict) or element.get("type") not in RICH_TEXT_ELEMENT_TYPES:
                self.say("unsupported type", f"{at}/elements/{number}")
            elif not isinstance(element.get("elements"), list):
                self.say("missing required field: elements", f"{at}/elements/{number}")

    def _input(self, block: dict, at: str) -> None:
        self._text(block.get("label"), at + "/label", 2000, plain=True)
        if "hint" in block:
            self._text(block["hint"], at + "/hint", 2000, plain=True)
        self._element(block.get("element"), at + "/element", INPUT_ELEMENT_TYPES)

    def _element(self, element: object, at: str, allowed: set[str]) -> None:
        if not isinstance(element, dict) or element.get("type") not in allowed:
            return self.say("unsupported type" if isinstance(element, dict) else "must be an object", at)
        kind = element["type"]
        if kind == "image":
            return self._image(element, at)
        self._string(element, "action_id", at, 255, required=False)
        if kind == "button":
            self._text(element.get("text"), at + "/text", 75, plain=True)
            self._string(element, "value", at, 2000, required=False)
            self._string(element, "url", at, 3000, required=False)
            if element.get("style", "primary") not in BUTTON_STYLES:
                self.say("must be one of the allowed values: primary, danger", at + "/style")
        if "placeholder" in element:
            self._text(element["placeholder"], at + "/placeholder", 150, plain=True)
        if kind in TEXT_INPUT_TYPES:
            # docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element: 3,000 characters at most.
            self._string(element, "initial_value", at, 3000, required=False)
        if kind.endswith("external_select"):
            chosen = element.get("initial_options") or [element.get("initial_option")]
            for option in chosen:
                if option is not None:
                    self._option(option, at + "/initial_option")
        if kind == "overflow" or kind.endswith("static_select") or kind in ("checkboxes", "radio_buttons"):
            self._options(
                element,
                at,
                5 if kind == "overflow" else 10 if kind in ("checkboxes", "radio_buttons") else 100,
            )
        return None

    def _options(self, element: dict, at: str, most: int) -> None:
        owners = self._list(element, "option_groups", at, 100) if "option_groups" in element else [element]
        values = []
        for owner in owners:
            if owner is not element:
                self._text(owner.get("label"), at + "/option_groups/label", 75, plain=True)
            for number, option in enumerate(self._list(owner, "options", at, most)):
                values.append(self._option(option, f"{at}/options/{number}"))
        for name in ("initial_option", "initial_options"):
            chosen = element.get(name, [])
            for option in chosen if isinstance(chosen, list) else [chosen]:
                if not isinstance(option, dict) or option.get("value") not in values:
                    self.say(f"`{name}` must match one of the options", f"{at}/{name}")
        return

    def _option(self, option: object, at: str) -> object:
        """Check one option: 75 characters of text, 150 of value
        (docs.slack.dev/reference/block-kit/composition-objects/option-object). Returns its value.
        """
        if not isinstance(option, dict):
            self.say("must be an object", at)
            return None
        self._text(option.get("text"), at + "/text", 75)
        self._string(option, "value", at, 150)
        return option.get("value")

    def _list(self, block: dict, key: str, at: str, most: int) -> list:
        items = block.get(key)
        if not isinstance(items, list):
            self.say(f"missing required field: {key}", at)
            return []
        if not items:
            self.say("no less than 1 items allowed", f"{at}/{key}")
        if len(items) > most:
            self.say(f"no more than {most} items allowed", f"{at}/{key}")
        return items

    def _text(self, text: object, at: str, most: int, plain: bool = False) -> None:
        if not isinstance(text, dict):
            return self.say("missing required field: text" if text is None else "must be an object", at)
        if text.get("type") not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
            self.say("unsupported type: expected plain_text" if plain else "unsupported type", at + "/type")
        self._string(text, "text", at, most)
        return None

    def _string(self, owner: dict, key: str, at: str, most: int, required: bool = True) -> None:
        value = owner.get(key)
        if value is None:
            if required:
                self.say(f"missing required field: {key}", at)
        elif not isinstance(value, str):
            self.say("must be a string", f"{at}/{key}")
        elif len(value) > most:
            self.say(f"must be less than {most + 1} characters", f"{at}/{key}")
        elif required and not value:
            self.say("must be more than 0 characters", f"{at}/{key}")
