"""What a text will look like in Slack, before it is sent. Pure."""

from helpdesk.channels.slack.render import blocks, mrkdwn


def preview_parts(markdown: str, from_team: bool) -> list[str]:
    """Return the messages that Slack will get for ``markdown``, each as Markdown that shows the same as its blocks."""
    parts = []
    for part in blocks.split_body(markdown):
        message = blocks.reply_message(blocks.ReplyValues("", part, trusted=from_team))
        shown = [block for block in message.get("blocks", []) if block["type"] == "rich_text"]  # not who says it
        parts.append(mrkdwn.message_to_markdown({**message, "blocks": shown}))
    return parts
