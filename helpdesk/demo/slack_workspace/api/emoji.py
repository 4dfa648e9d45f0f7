"""emoji.list, and the pictures it names."""

from helpdesk.demo.slack_workspace.api.registry import Arguments, register_method


@register_method("emoji.list", "emoji:read")
def list_emoji(ws, args: Arguments) -> dict:
    """The workspace's own emoji: the address of each picture, or "alias:" and another name, which may be a standard one
    (docs.slack.dev/reference/methods/emoji.list; slackapi/java-slack-sdk, json-logs/samples/api/emoji.list.json).
    """
    return {"emoji": dict(ws.state.emoji), "cache_ts": "1700000000.000000"}
