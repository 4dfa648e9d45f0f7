"""Email channel: SMTP for outgoing mail, IMAP or an HTTP endpoint for incoming mail."""

from helpdesk.channels.email.parse.raw_mail import mail_fingerprint, parse_mail

__all__ = ["mail_fingerprint", "parse_mail"]
