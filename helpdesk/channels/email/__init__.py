"""The mail system as a channel: ``send`` puts finished bytes out, ``parse`` reads what comes in."""

from helpdesk.channels.email import transport
from helpdesk.channels.email.reading import file, fingerprint, parse
from helpdesk.channels.values import Post, Sent

__all__ = ["file", "find", "fingerprint", "parse", "send"]


def send(post: Post) -> Sent:
    """Send ``post`` (arguments: bytes, sender, recipient) with the process's MAIL_* settings. Raises a
    ChannelError.
    """
    given = post.arguments
    return transport.deliver(given["bytes"], given["sender"], given["recipient"])


def find(post: Post) -> None:
    """Mail cannot be looked up. Sending again repeats Message-ID and bytes, so that the reader's side can
    drop the second.
    """
