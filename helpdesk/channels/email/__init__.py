"""Email channel: SMTP for outgoing mail, IMAP or an HTTP endpoint for incoming mail."""

from helpdesk.channels.email.parse.raw_mail import attachment_content, mail_fingerprint, parse_mail

__all__ = ["attachment_content", "mail_fingerprint", "parse_mail"]
