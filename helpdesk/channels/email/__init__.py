"""The mail system as a channel: SMTP out, IMAP or an HTTP endpoint in."""

from helpdesk.channels.email.parse.raw_mail import attachment_content, mail_fingerprint, parse_mail

__all__ = ["attachment_content", "mail_fingerprint", "parse_mail"]
