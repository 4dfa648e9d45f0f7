"""Read what a message of Slack's contains: its text as Markdown, its tables, what it forwards, and its files. Pure."""

from helpdesk.channels.slack.parse import block_text, json_access, note_prefix
from helpdesk.channels.slack.render import mrkdwn
from helpdesk.domain.inbox.channel_event import RemoteFile

DELETED_FILE_MODES = {"tombstone", "hidden_by_limit"}  # a deleted file; one beyond a free workspace's limit
MAX_TABLE_CELLS = 5_000


def message_files(message: dict) -> tuple[RemoteFile, ...]:
    """Return the files of ``message``, and of messages that it forwards, that are stored in Slack and can be
    fetched.
    """
    found = [*json_access.objects_in(message.get("files"))]
    for attachment in _forwarded(message):
        found += json_access.objects_in(attachment.get("files"))
        for inner in _inner_messages(attachment):
            found += json_access.objects_in(inner.get("files"))
    by_id = {_id(file): file for file in reversed(found) if _is_stored(file)}
    return tuple(
        RemoteFile(
            external_id=file_id,
            name=json_access.text_or_empty(file.get("name")) or json_access.text_or_empty(file.get("title")) or "file",
            media_type=json_access.text_or_empty(file.get("mimetype")) or "application/octet-stream",
            size=file["size"] if isinstance(file.get("size"), int) else 0,
        )
        for file_id, file in reversed(by_id.items())
        if file_id
    )


def deleted_files(message: dict, before: dict) -> tuple[str, ...]:
    """Return the ids of files that ``message`` no longer has: they are tombstones now, or were in ``before`` only."""
    files = json_access.objects_in(message.get("files"))
    gone = [_id(file) for file in files if file.get("mode") == "tombstone"]
    kept = {_id(file) for file in files}
    gone += [_id(file) for file in json_access.objects_in(before.get("files")) if _id(file) not in kept]
    return tuple(dict.fromkeys(filter(None, gone)))


def has_new_files(message: dict, before: dict) -> bool:
    """Return whether ``message`` has a file that ``before`` did not have."""
    known = {_id(file) for file in json_access.objects_in(before.get("files"))}
    return any(_is_stored(file) and _id(file) not in known for file in json_access.objects_in(message.get("files")))


def message_markdown(message: dict, names: mrkdwn.Names | None = None) -> str:
    """Return the Markdown of ``message``, with its tables, forwarded messages quoted and files stored elsewhere
    linked.

    A table that somebody pastes comes as a block of an attachment, and neither text nor fallback contains it
    (vercel/chat#803).
    """
    parts = [mrkdwn.message_to_markdown(message, names), *_tables(message, names)]
    for attachment in json_access.objects_in(message.get("attachments")):
        if attachment.get("is_share"):
            parts.append(_quoted(_forwarded_markdown(attachment, names), attachment))
        else:
            parts += [block_text.attachment_to_markdown(attachment, names or (lambda _: None))]
            parts += _tables(attachment, names)
    for file in json_access.objects_in(message.get("files")):
        if file.get("is_external") and file.get("url_private"):
            link = {
                "type": "link",
                "url": json_access.text_or_empty(file["url_private"]),
                "text": json_access.text_or_empty(file.get("title")) or "file",
            }
            parts.append(mrkdwn.message_to_markdown({"blocks": [{"type": "rich_text", "elements": [link]}]}))
    return "\n\n".join(part for part in parts if part.strip())


def forwards_note(message: dict, names: mrkdwn.Names | None = None) -> bool:
    """Return whether ``message`` forwards one that is a note by its prefix, as ours are: what quotes a note is one."""
    texts = (
        text
        for attachment in _forwarded(message)
        for text in (json_access.text_or_empty(attachment.get("text")), _forwarded_markdown(attachment, names))
    )
    return any(note_prefix.split_note_prefix(text)[0] == "internal" for text in texts)


def _is_stored(file: dict) -> bool:
    mode = json_access.text_or_empty(file.get("mode"))
    return bool(_id(file)) and mode not in DELETED_FILE_MODES and not file.get("is_external")


def _id(file: dict) -> str:
    return json_access.text_or_empty(file.get("id"))


def _forwarded(message: dict) -> list[dict]:
    return [each for each in json_access.objects_in(message.get("attachments")) if each.get("is_share")]


def _inner_messages(attachment: dict) -> list[dict]:
    """Return the messages that a forwarded one contains with their blocks."""
    blocks = json_access.objects_in(attachment.get("message_blocks"))
    return [json_access.object_in(each, "message") for each in blocks]


def _forwarded_markdown(attachment: dict, names: mrkdwn.Names | None) -> str:
    text = {"text": json_access.text_or_empty(attachment.get("text"))}
    inner = [each for each in _inner_messages(attachment) if each.get("blocks")] or [attachment]
    parts = [mrkdwn.message_to_markdown(text | {"blocks": each.get("blocks")}, names) for each in inner]
    for each in inner:
        parts += _tables(each, names)
        # Of a message that somebody forwards, too, what it unfurled was in another channel.
        parts += [
            block_text.attachment_to_markdown(one, names or (lambda _: None))
            for one in json_access.objects_in(each.get("attachments"))
        ]
    return "\n\n".join(dict.fromkeys(part for part in parts if part.strip()))


def _quoted(shared: str, attachment: dict) -> str:
    author = json_access.text_or_empty(attachment.get("author_name"))
    quoted = f"{author}:\n{shared}" if author else shared
    return "\n".join("> " + line for line in quoted.split("\n")) if quoted.strip() else ""


def _tables(owner: dict, names: mrkdwn.Names | None) -> list[str]:
    blocks = json_access.objects_in(owner.get("blocks"))
    return [_table_markdown(block, names) for block in blocks if block.get("type") == "table"]


def _table_markdown(block: dict, names: mrkdwn.Names | None) -> str:
    """Return a Markdown table of a table block, whose first row is its heading; "" for one without cells."""
    given = block.get("rows") if isinstance(block.get("rows"), list) else []
    rows = [[_cell(cell, names) for cell in json_access.objects_in(row)] for row in given]
    width = max((len(row) for row in rows), default=0)
    if not width:
        return ""
    rows = [row + [""] * (width - len(row)) for row in rows[: max(1, MAX_TABLE_CELLS // width)]]
    settings = block.get("column_settings") if isinstance(block.get("column_settings"), list) else []
    aligns = [each.get("align") if isinstance(each, dict) else None for each in settings] + [None] * width
    rule = [{"right": "---:", "center": ":---:"}.get(str(align), "---") for align in aligns[:width]]
    return "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], rule, *rows[1:]])


def _cell(cell: dict, names: mrkdwn.Names | None) -> str:
    if cell.get("type") == "rich_text":
        text = mrkdwn.message_to_markdown({"blocks": [cell]}, names)
    else:
        plain = cell.get("text") if cell.get("text") not in (None, "") else cell.get("value")
        literal = {"type": "text", "text": "" if plain is None else str(plain)}
        section = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [literal]}]}
        text = mrkdwn.message_to_markdown({"blocks": [section]}, names)
    return " ".join(text.split()).replace("\\|", "|").replace("|", "\\|")
