"""Every language whose mail programs are known."""

from helpdesk.channels.email.parse import (
    mail_languages_asian,
    mail_languages_eastern,
    mail_languages_further,
    mail_languages_latin,
)

LANGUAGES = (
    mail_languages_latin.LANGUAGES
    + mail_languages_eastern.LANGUAGES
    + mail_languages_asian.LANGUAGES
    + mail_languages_further.LANGUAGES
)
