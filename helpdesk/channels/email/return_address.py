"""Return addresses: what cannot be delivered comes back to bounce+<key>@domain, which names the delivery (VERP).

So a report is attributed to its mail even if it names neither the mail nor the address, as many do not. The key is
random, and only the recipient and the mail servers on the way learn it, as they do from the mail's Message-ID.
"""

import re
from collections.abc import Iterable


def format_address(key: str, domain: str) -> str:
    """Return the envelope sender of the mail of the delivery ``key``; "" without a domain."""
    return f"bounce+{key}@{domain}" if domain else ""


def find_key(addresses: Iterable[str], domain: str) -> str:
    """Return the delivery key in the first return address among canonical ``addresses``; "" if there is none."""
    if not domain:
        return ""
    form = re.compile(rf"bounce\+([0-9a-f]{{32}})@{re.escape(domain.lower())}")
    return next((match[1] for match in map(form.fullmatch, addresses) if match), "")
