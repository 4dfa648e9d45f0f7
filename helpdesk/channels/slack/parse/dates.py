"""Write Slack's dates as text for everybody: Slack shows them in the reader's own time zone, we store them once. Pure.

Source of the tokens: docs.slack.dev/messaging/formatting-message-text ("Date formatting").
"""

import re
from datetime import UTC, datetime

_TOKEN = re.compile(r"\{(date|time|ago|day)[a-z_]*\}")


def format_date(timestamp: object, layout: str) -> str:
    """Return ``layout`` with its tokens replaced by the day and the time in UTC: "2024-07-11 15:16 UTC".

    ``timestamp``: Unix seconds, also as text; what is no time comes back as it is.
    """
    try:
        moment = datetime.fromtimestamp(int(str(timestamp)), UTC)
    except (ValueError, OverflowError, OSError):
        return str(timestamp or "")
    day, time = f"{moment:%Y-%m-%d}", f"{moment:%H:%M} UTC"
    words = {"date": day, "day": day, "time": time, "ago": f"{day} {time}"}
    if not _TOKEN.search(layout):
        return f"{day} {time}"
    return _TOKEN.sub(lambda token: words[token[1]], layout)
