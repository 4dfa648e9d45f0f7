"""Every language whose mail programs are known."""

from helpdesk.channels.email.parse import mail_languages_latin, mail_languages_other

LANGUAGES = mail_languages_latin.LANGUAGES + mail_languages_other.LANGUAGES
