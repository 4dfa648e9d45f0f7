"""A mail server that keeps everything, with a page to read it and a way to answer."""

from helpdesk.demo.mailbox.answering import reply
from helpdesk.demo.mailbox.box import Mailbox
from helpdesk.demo.mailbox.mails import Mail
from helpdesk.demo.mailbox.web import create_mailbox

__all__ = ["Mail", "Mailbox", "create_mailbox", "reply"]
