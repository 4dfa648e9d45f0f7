"""An SMTP server that stores every mail, with a page to read them and to reply."""

from helpdesk.demo.mailbox.mailbox_app import create_mailbox
from helpdesk.demo.mailbox.reply_composer import build_reply
from helpdesk.demo.mailbox.smtp_server import Mailbox
from helpdesk.demo.mailbox.stored_mail import Mail

__all__ = ["Mail", "Mailbox", "create_mailbox", "build_reply"]
