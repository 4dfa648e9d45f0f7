"""The mail system as a channel: ``send`` puts finished bytes out, ``parse`` reads what comes in."""

from helpdesk.channels.email import smtp
from helpdesk.channels.email.parse.raw_mail import attachment_content, mail_fingerprint, parse_mail
from helpdesk.channels.types import OutboundRequest, SendResult

__all__ = ["attachment_content", "find", "mail_fingerprint", "parse_mail", "send"]


def send(post: OutboundRequest) -> SendResult:
    """Send ``post`` (arguments: bytes, sender, recipient) with the process's MAIL_* settings. Raises a
    ChannelError.
    """
    given = post.arguments
    return smtp.send_mail(given["bytes"], given["sender"], given["recipient"])


def find(post: OutboundRequest) -> None:
    """Mail cannot be looked up. Sending again repeats Message-ID and bytes, so that the reader's side can
    drop the second.
    """
